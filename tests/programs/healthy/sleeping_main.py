"""Main sleeps while the children wait for it."""

import time
from multiprocessing import Event, Process


def work(go):
    go.wait()
    print("goes")


if __name__ == "__main__":
    go = Event()
    workers = [Process(target=work, args=(go,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    time.sleep(1.5)
    go.set()
    for worker in workers:
        worker.join()
