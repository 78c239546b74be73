"""Main polls a pipe whether the forked child has answered, which stands at a lock that a thread of main held.

Wanted: the same as forked_beside_a_condition, said though main goes on.
"""

import threading
from multiprocessing import Pipe, get_context

library = threading.Lock()
held, enough = threading.Event(), threading.Event()


def hold():
    with library:
        held.set()
        enough.wait()


def answer(outgoing):
    with library:
        outgoing.send("ready")


if __name__ == "__main__":
    threading.Thread(target=hold, daemon=True).start()
    held.wait()
    incoming, outgoing = Pipe(duplex=False)
    child = get_context("fork").Process(target=answer, args=(outgoing,), name="child", daemon=True)
    child.start()  # forks
    while not incoming.poll(0.2):
        print("not yet", flush=True)
    print(incoming.recv())
