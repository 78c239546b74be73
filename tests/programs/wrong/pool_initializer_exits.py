"""The initializer ends each worker without an exception, and the Pool starts others, for ever."""

import os
import sys
from multiprocessing import Pipe, Pool, TimeoutError


def connect(failed, by_exit):
    failed.send("one more")
    if by_exit:
        os._exit(7)  # leaves
    sys.exit("no database")  # exits


def fetch(number):
    return number


if __name__ == "__main__":
    failed, fails = Pipe(duplex=False)
    with Pool(2, connect, (fails, "leave" in sys.argv)) as pool:  # made
        result = pool.map_async(fetch, range(10), 1)  # without a size, it may divide by 0 workers
        for _ in range(6):
            failed.recv()
        try:
            result.get(0)
        except TimeoutError:
            print("no result")
