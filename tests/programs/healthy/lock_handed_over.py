"""Main acquires a lock that a sleeping child releases."""

import time
from multiprocessing import Lock, Process, Semaphore


def release(mutex, signal):
    time.sleep(1)
    mutex.release()
    time.sleep(1)
    signal.release()


if __name__ == "__main__":
    mutex, signal = Lock(), Semaphore(0)
    mutex.acquire()
    child = Process(target=release, args=(mutex, signal))
    child.start()
    mutex.acquire()
    signal.acquire()
    child.join()
