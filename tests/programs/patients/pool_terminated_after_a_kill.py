"""Idle workers of a pool are killed, and then it is terminated: one of them held the lock by which tasks are read.

Wanted: SIGKILL from main ended a worker of `pool`, while it waited for a task: it held the lock by which the workers
read tasks. Not that it sent a result.
"""

import os
import signal
import time
from multiprocessing import Pool, active_children


def square(number):
    return number * number


if __name__ == "__main__":
    pool = Pool(2)  # made
    print(pool.map(square, range(4)))
    time.sleep(0.5)
    for worker in active_children():
        os.kill(worker.pid, signal.SIGKILL)
    time.sleep(0.5)
    pool.terminate()
