"""A worker is killed while it waits for a task: it held the lock by which the workers read tasks."""

import os
import signal
from multiprocessing import Pool, active_children


def square(number):
    return number * number


if __name__ == "__main__":
    with Pool(1) as pool:  # made
        while True:  # it may be killed right before it has that lock, and another one takes its place
            print(pool.map(square, range(4)))
            for worker in active_children():
                os.kill(worker.pid, signal.SIGKILL)
