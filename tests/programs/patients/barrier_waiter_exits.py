"""One of three leaves by os._exit, in a thread, while its main thread waits at a barrier; the last one to come waits.

Wanted: the last at `start` waits for early to wake up, which left by os._exit at its line while it waited there.
"""

import os
import threading
import time
from multiprocessing import Barrier, Process


def leave(start):
    while start._cond._sleeping_count._semlock._get_value() < 2:
        time.sleep(0.01)
    os._exit(3)  # ends


def arrive_and_leave(start):
    threading.Thread(target=leave, args=(start,)).start()
    start.wait()  # sleeps


def arrive(start):
    start.wait()


if __name__ == "__main__":
    start = Barrier(3)  # made
    early = Process(target=arrive_and_leave, args=(start,), name="early")
    second = Process(target=arrive, args=(start,), name="second")
    early.start()
    second.start()
    early.join()
    start.wait()  # waits
    second.join()
