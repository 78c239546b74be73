"""The cure of pool_worker_died.py: a ProcessPoolExecutor tells that a worker was ended in the middle of a task."""

import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


def square(number):
    if number == 3:
        os._exit(1)
    return number * number


def main():
    with ProcessPoolExecutor(2) as squares:
        try:
            print(list(squares.map(square, range(5))))
        except BrokenProcessPool:
            print("a worker was ended")


if __name__ == "__main__":
    main()
