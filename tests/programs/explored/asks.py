"""A viewer asks in a loop whether it is to stop, which main says at the end; "never": nobody says it."""

import sys
from multiprocessing import Event, Process, Queue
from typing import Any


def view(frames: Any, done: Any) -> None:
    while not done.is_set():
        if not frames.empty():
            frames.get()


if __name__ == "__main__":
    frames, done = Queue(), Event()
    viewers = [Process(target=view, args=(frames, done), name="viewer")]
    viewers[0].start()
    for number in range(3):
        frames.put(number)
    if sys.argv[1] != "never":
        done.set()
    while viewers[0].is_alive():
        pass
