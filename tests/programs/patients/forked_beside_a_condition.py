"""A thread waits for a threading.Condition's lock in a library; main forks meanwhile, and the child calls that, too.

Wanted: child was forked at its line while Thread-1 (hold) ran, and waits for a lock that such a thread held; nobody
in child can release it; start processes before threads, or spawn.
"""

import threading
from multiprocessing import get_context

library = threading.Condition()
held, enough = threading.Event(), threading.Event()


def hold():
    with library:
        held.set()
        enough.wait()


def work():
    with library:
        print("works")


if __name__ == "__main__":
    threading.Thread(target=hold, daemon=True).start()
    held.wait()
    child = get_context("fork").Process(target=work, name="child")
    child.start()  # forks
    child.join()
    enough.set()
