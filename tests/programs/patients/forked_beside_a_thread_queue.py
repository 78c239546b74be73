"""A thread stands in a queue.Queue of main's as main forks, in a subclass of Process; the child puts into it.

Wanted: child was forked at its line while the thread `feeder` held a lock, and waits for that; nobody in child can
release it.
"""

import queue
import threading
from multiprocessing import get_context

jobs = queue.Queue()
held, enough = threading.Event(), threading.Event()
fork = get_context("fork")


def feed():
    with jobs.mutex:
        held.set()
        enough.wait()


class Child(fork.Process):
    def run(self):
        jobs.put("done")


if __name__ == "__main__":
    threading.Thread(target=feed, name="feeder", daemon=True).start()
    held.wait()
    child = Child(name="child")
    child.start()  # forks
    child.join()
    enough.set()
