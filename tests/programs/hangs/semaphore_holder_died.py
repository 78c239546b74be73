"""Both who had a place of a semaphore were killed."""

import os
import signal
from multiprocessing import Process, Semaphore


def work(places):
    with places:  # holds
        os.kill(os.getpid(), signal.SIGKILL)


def late(places):
    with places:  # waits
        print("has a place")


if __name__ == "__main__":
    places = Semaphore(2)  # made
    for number in range(2):
        worker = Process(target=work, name=f"worker-{number}", args=(places,))
        worker.start()
        worker.join()
    last = Process(target=late, name="last", args=(places,))
    last.start()
    last.join()
