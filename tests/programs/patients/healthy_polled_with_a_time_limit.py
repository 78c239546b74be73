"""Healthy: main takes with a time limit, again and again, until the slow worker has put all; another has failed."""

import queue
import sys
import time
from multiprocessing import Process, Queue


def work(rows):
    for number in range(3):
        time.sleep(0.5)
        rows.put(number)
    rows.put(None)


if __name__ == "__main__":
    rows = Queue()
    failed = Process(target=sys.exit, args=(3,))
    failed.start()
    failed.join()
    print("failed with", failed.exitcode)
    Process(target=work, args=(rows,)).start()
    row = 0
    while row is not None:
        try:
            row = rows.get(timeout=0.1)
        except queue.Empty:
            continue
        print(row)
