"""A process crashes in C code while it holds a lock.

Wanted: main waits for lock, which native held when it was ended by SIGSEGV; the cure is about the crash.
"""

import ctypes
from multiprocessing import Lock, Process


def crash(lock):
    lock.acquire()  # acquired
    ctypes.string_at(0)
    lock.release()


if __name__ == "__main__":
    lock = Lock()  # made
    native = Process(target=crash, args=(lock,), name="native")
    native.start()
    native.join()
    with lock:  # waits
        print("mine")
