"""Main waits until it has no children any more; they wait for the sign to end, which main puts after that.

Wanted: probably: workers wait at their line for an item of `jobs`, and nobody is left who could put one; main asks at
its line again and again whether they live.
"""

import time
from multiprocessing import Process, Queue, active_children


def work(jobs):
    while jobs.get() is not None:  # waits
        pass


if __name__ == "__main__":
    jobs = Queue()  # made
    for number in range(2):
        Process(target=work, args=(jobs,), name=f"worker-{number}").start()
    for number in range(10):
        jobs.put(number)
    while active_children():
        time.sleep(0.3)
    for _ in range(2):
        jobs.put(None)
