"""Main takes from a JoinableQueue with a time limit, in rounds; one loader has failed, the other waits for its turn.

Wanted: probably: main waits at its line for an item of `pages`; loader-0, which alone could put one now, ended at its
line by ConnectionError; loader-1 waits for an Event that only loader-0 sets.
"""

import contextlib
import queue
from multiprocessing import Event, JoinableQueue, Process


def load(pages, mine, next_turn):
    if mine is not None:
        mine.wait()
    if next_turn is not None:
        raise ConnectionError("no route")  # raises
    pages.put("page")


if __name__ == "__main__":
    pages, turn = JoinableQueue(), Event()  # made
    Process(target=load, args=(pages, None, turn), name="loader-0").start()
    Process(target=load, args=(pages, turn, None), name="loader-1").start()
    taken = []
    while len(taken) < 2:
        with contextlib.suppress(queue.Empty):
            taken.append(pages.get(True, 0.4))  # waits
