"""A thread holds a threading.Lock as main forks: in the child nobody is left who could release it.

Wanted: child was forked at its line while Thread-1 (hold) ran, and waits for a lock that such a thread held; nobody
in child can release it; start processes before threads, or spawn.
"""

import threading
from multiprocessing import get_context

sink = threading.Lock()
held, enough = threading.Event(), threading.Event()


def hold():
    with sink:
        held.set()
        enough.wait()


def work():
    with sink:
        print("works")


if __name__ == "__main__":
    threading.Thread(target=hold, daemon=True).start()
    held.wait()
    child = get_context("fork").Process(target=work, name="child")
    child.start()  # forks
    enough.set()
    child.join()
