"""A callback calls sys.exit(), which ends the thread that hands out the results, and says nothing."""

import sys
from multiprocessing import Pool


def square(number):
    return number * number


def leave(numbers):
    sys.exit(f"enough: {numbers}")  # raises


if __name__ == "__main__":
    with Pool(2) as pool:  # made
        pool.map_async(square, range(3), callback=leave).wait()
