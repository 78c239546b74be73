"""A plain os.fork while a thread holds a mutex of C: the child waits for it for ever.

Wanted: the forked process waits for a lock, and has no other thread that could release it: it was forked at its line
while Thread-1 (hold) ran, and what that held stays locked.
"""

import ctypes
import os
import threading

library = ctypes.CDLL(None)
mutex = ctypes.create_string_buffer(64)  # a pthread_mutex_t
held, enough = threading.Event(), threading.Event()


def hold():
    library.pthread_mutex_lock(mutex)
    held.set()
    enough.wait()


if __name__ == "__main__":
    threading.Thread(target=hold, daemon=True).start()
    held.wait()
    child = os.fork()  # forks
    if child == 0:
        library.pthread_mutex_lock(mutex)
        os._exit(0)
    os.waitpid(child, 0)
    enough.set()
