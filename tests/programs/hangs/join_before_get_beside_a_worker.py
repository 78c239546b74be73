"""Main joins a worker before it takes what that has put, while another one works."""

import time
from multiprocessing import Process, Queue


def work(results):
    results.put("x" * 1_000_000)


def bystand():
    until = time.monotonic() + 8
    while time.monotonic() < until:
        time.sleep(0.01)


if __name__ == "__main__":
    bystander = Process(target=bystand, name="bystander")
    bystander.start()
    results = Queue()  # made
    worker = Process(target=work, name="worker", args=(results,))
    worker.start()
    worker.join()  # waits
    print(len(results.get()))
    bystander.join()
