"""A pool is terminated while one of its workers sends a large result, and another one is just being started.

Wanted: main waits at its line in terminate() of `pool`, which ended SpawnPoolWorker-2 in the middle of a result: that
held the lock by which results are sent, for which a thread of the pool waits.
"""

import multiprocessing
import time

if multiprocessing.current_process().name == "SpawnPoolWorker-3":
    time.sleep(2)  # so long its start() writes what it is to be given, and terminate() waits for that


def give(seconds):
    time.sleep(seconds)
    return bytes(1_000_000 * seconds)


def take(data):
    pass


if __name__ == "__main__":
    pool = multiprocessing.get_context("spawn").Pool(2, take, [bytes(1_000_000)], maxtasksperchild=1)  # made
    first, second = pool.apply_async(give, [0]), pool.apply_async(give, [1])
    first.get()
    time.sleep(0.5)
    pool.terminate()  # waits
