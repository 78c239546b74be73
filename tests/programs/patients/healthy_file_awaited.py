"""Main and a worker wait for a file that a thread of main's makes after a while, and a child has failed before that."""

import os
import threading
import time
from multiprocessing import Process


def work(path):
    while not os.path.exists(path):
        time.sleep(0.05)


def fail():
    raise SystemExit(3)


if __name__ == "__main__":
    path = os.path.abspath("stop")
    first = Process(target=fail)
    first.start()
    first.join()
    print(first.exitcode)
    worker = Process(target=work, args=(path,))
    worker.start()
    threading.Timer(5, lambda: open(path, "w").close()).start()
    while not os.path.exists(path):
        time.sleep(0.05)
    worker.join()
    print("stopped")
