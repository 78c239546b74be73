"""main tries what the initializer does, and so learns that it cannot be done."""

import sys
from multiprocessing import Pool


def connect():
    raise ConnectionError("cannot reach db:5432")


def fetch(number):
    return number


if __name__ == "__main__":
    try:
        connect()
    except ConnectionError as error:
        print(error)
        sys.exit()
    with Pool(2, connect) as pool:
        print(pool.map(fetch, range(10)))
