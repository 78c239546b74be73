"""Healthy: main asks whether its worker lives; a thread looks every moment whether it is time to give it a job."""

import threading
import time
from multiprocessing import Process, Queue


def work(jobs):
    while jobs.get() is not None:
        pass


def schedule(jobs):
    due = time.monotonic() + 3600
    while not threading.Event().wait(0.2):
        if time.monotonic() > due:
            jobs.put("hourly")


if __name__ == "__main__":
    jobs = Queue()
    worker = Process(target=work, args=(jobs,))
    worker.start()
    threading.Thread(target=schedule, args=(jobs,), daemon=True).start()
    while worker.is_alive():
        time.sleep(0.3)
