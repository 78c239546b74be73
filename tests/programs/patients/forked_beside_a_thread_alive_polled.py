"""Main asks whether the forked child lives, which stands at a lock that a thread of main held; it sleeps in between.

Wanted: the same as forked_beside_a_condition, said though main goes on.
"""

import threading
import time
from multiprocessing import get_context

library = threading.RLock()
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
    while child.is_alive():
        time.sleep(0.2)
    enough.set()
