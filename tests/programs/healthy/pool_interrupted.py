"""Ctrl-C ends a pool whose workers ignore it; another one is ended as a task takes too long."""

import os
import signal
import threading
import time
from multiprocessing import Pool, TimeoutError


def ignore():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def work(seconds):
    time.sleep(seconds)
    return seconds


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    pool = Pool(2, ignore)
    try:
        pool.map(work, [0] * 4)
        pending = pool.map_async(work, [600] * 4)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        pending.get(600)
    except KeyboardInterrupt:
        print("interrupted")
        pool.terminate()
    pool.join()
    with Pool(1) as pool:
        print(pool.apply(work, (0,)))
        try:
            pool.apply_async(work, (600,)).get(timeout=0.3)
        except TimeoutError:
            print("too long")
