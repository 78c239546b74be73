"""Main waits until the queue of pages is empty; all who took from it have failed.

Wanted: probably: main looks again and again at its line whether `pages` is empty, 3 still in it: both fetchers ended at
their line by ConnectionError.
"""

import time
from multiprocessing import Process, Queue


def fetch(pages):
    raise ConnectionError(pages.get())  # raises


if __name__ == "__main__":
    pages = Queue()  # made
    for number in range(5):
        pages.put(f"page {number}")
    for number in range(2):
        Process(target=fetch, args=(pages,), daemon=True, name=f"fetcher-{number}").start()
    while not pages.empty():  # asks
        time.sleep(0.3)
