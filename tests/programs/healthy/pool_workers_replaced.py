"""Workers that end after their tasks, and two that end in the initializer: others come in their place."""

import os
from multiprocessing import Pool, Value


def begin(count):
    with count:
        count.value += 1
        fails = count.value <= 2
    if fails:
        os._exit(0)


def square(number):
    return number * number


if __name__ == "__main__":
    with Pool(2, maxtasksperchild=1) as pool:
        print(pool.map(square, range(6), 1))
    with Pool(2, begin, (Value("i", 0),)) as pool:
        print(pool.map(square, range(6), 1))
