"""As a loader of data does: main asks its queue every half second; the forked worker stands at a lock from the fork.

Wanted: the same as forked_beside_a_lock, said though main goes on.
"""

import queue
import threading
from multiprocessing import get_context

library = threading.Lock()
fork = get_context("fork")
held, enough = threading.Event(), threading.Event()


def decode():
    with library:
        held.set()
        enough.wait()


def load(batches):
    decode()
    batches.put("batch")


if __name__ == "__main__":
    threading.Thread(target=decode, daemon=True).start()
    held.wait()
    batches = fork.Queue()
    loader = fork.Process(target=load, args=(batches,), name="loader", daemon=True)
    loader.start()  # forks
    enough.set()
    while loader.is_alive():
        try:
            print(batches.get(timeout=0.5))
            break
        except queue.Empty:
            pass
