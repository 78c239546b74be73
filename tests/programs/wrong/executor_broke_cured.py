"""Main catches what is raised, and makes another executor."""

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context


def fetch(number):
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fetch_all(numbers):
    with ProcessPoolExecutor(1, get_context()) as executor:
        return [future.result() for future in [executor.submit(fetch, number) for number in numbers]]


if __name__ == "__main__":
    try:
        print(fetch_all(range(4)))
    except BrokenProcessPool:
        print(fetch_all([0, 1, 3]))
