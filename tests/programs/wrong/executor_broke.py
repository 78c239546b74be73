"""A worker of an executor is killed in a task, or fails in its initializer; main does not catch what that raises."""

import logging
import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def connect():
    if "initializer" in sys.argv:
        raise ConnectionError("no database")  # raises


def fetch():
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    logging.disable()
    with ProcessPoolExecutor(1, get_context(), connect) as executor:
        print(executor.submit(fetch).result())  # ends
