"""The workers of a Pool sleep while main waits for their results."""

import time
from multiprocessing import Pool


def square(number):
    time.sleep(0.4)
    return number * number


if __name__ == "__main__":
    with Pool(2) as pool:
        print(pool.map(square, range(3)))
        print(list(pool.imap(square, range(3))))
        print(pool.apply_async(square, (5,)).get())
