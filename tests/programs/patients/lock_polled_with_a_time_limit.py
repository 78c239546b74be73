"""Main tries for half a second to acquire a lock, again and again; the process that held it was ended by SIGKILL.

Wanted: probably: main waits at its line for `door`, which keeper held, acquired at its line,
when it was ended by SIGKILL.
"""

import os
import signal
from multiprocessing import Lock, Process


def keep(door):
    door.acquire()  # holds
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    door = Lock()  # made
    keeper = Process(target=keep, args=(door,), name="keeper")
    keeper.start()
    keeper.join()
    while not door.acquire(timeout=0.5):  # waits
        print("not yet", flush=True)
