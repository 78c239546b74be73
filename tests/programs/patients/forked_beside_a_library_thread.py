"""A library has started threads of its own, of which Python knows nothing, and one holds a mutex: a fork copies that.

Wanted: child waits for a lock or a thread of a library, and has no other thread: it was forked at its line while a
thread that runs no Python was in main.
"""

import ctypes
import multiprocessing
import time

library = ctypes.CDLL(None)
mutex = ctypes.create_string_buffer(64)  # a pthread_mutex_t
lock = ctypes.cast(library.pthread_mutex_lock, ctypes.c_void_p)


def work():
    library.pthread_mutex_lock(mutex)


if __name__ == "__main__":
    for _ in range(2):  # the first one ends with the mutex, the second one waits for it
        library.pthread_create(ctypes.byref(ctypes.c_ulong()), None, lock, mutex)
        time.sleep(0.5)
    child = multiprocessing.get_context("fork").Process(target=work, name="child")
    child.start()  # starts
    child.join()
