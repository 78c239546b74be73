"""Healthy: main asks now and then whether its worker lives, and whether there is a file for it; the worker waits."""

import os
import time
from multiprocessing import Process, Queue


def work(jobs):
    while jobs.get() is not None:
        pass


if __name__ == "__main__":
    jobs = Queue()
    worker = Process(target=work, args=(jobs,))
    worker.start()
    os.makedirs("in", exist_ok=True)
    while worker.is_alive():
        for name in os.listdir("in"):
            jobs.put(name)
        time.sleep(0.3)
