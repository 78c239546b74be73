"""A worker of a Pool is ended in the middle of a task. The Pool starts another one, but the task is lost, and main
waits for a result that never comes.
"""

import os
from multiprocessing import Pool


def square(number):
    if number == 3:
        os._exit(1)  # as the system does to a process that takes too much memory
    return number * number


def main():
    with Pool(2) as squares:
        print(squares.map(square, range(5), chunksize=1))  # map


if __name__ == "__main__":
    main()
