"""A child that sleeps sends the signal that main waits for."""

import os
import signal
import time
from multiprocessing import Process, Queue


class Called(Exception):
    pass


def called(number, frame):
    raise Called


def call_parent(pid):
    time.sleep(1.5)
    os.kill(pid, signal.SIGUSR1)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, called)
    child = Process(target=call_parent, args=(os.getpid(),))
    child.start()
    try:
        Queue().get()
    except Called:
        print("called")
    child.join()
