"""A thread of main draws a progress bar, ten times a second; main waits for an Event that the failed worker never sets.

Wanted: probably: main waits for `ready` to be set, and loader, which alone could, ended at its line by OSError.
"""

import threading
import time
from multiprocessing import Event, Process


def draw():
    for _ in range(1_000_000):
        print(".", end="", flush=True)
        time.sleep(0.1)


def load(ready):
    raise OSError("no space left")  # raises
    ready.set()


if __name__ == "__main__":
    ready = Event()  # made
    threading.Thread(target=draw, daemon=True).start()
    Process(target=load, args=(ready,), name="loader").start()
    ready.wait()  # waits
