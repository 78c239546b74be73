"""main ends the program."""

import sys
from multiprocessing import Pool


def square(number):
    return number * number


if __name__ == "__main__":
    with Pool(2) as pool:
        numbers = pool.map_async(square, range(3)).get()
    print(f"enough: {numbers}")
    sys.exit(0)
