"""The initializer raises in each worker, and the Pool starts others, for ever."""

import io
import sys
from multiprocessing import Pipe, Pool, TimeoutError


def connect(failed):
    sys.stderr = io.StringIO()
    failed.send("one more")
    raise ConnectionError("cannot reach db:5432")  # raises


def fetch(number):
    return number


if __name__ == "__main__":
    failed, fails = Pipe(duplex=False)
    with Pool(2, connect, (fails,)) as pool:  # made
        result = pool.map_async(fetch, range(10), 1)  # without a size, it may divide by 0 workers
        for _ in range(6):
            failed.recv()
        try:
            result.get(0)
        except TimeoutError:
            print("no result")
