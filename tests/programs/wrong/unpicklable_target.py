"""What a process is to run, or is given, cannot be sent to a new interpreter; which of it, the argument says."""

import sys
import threading
from multiprocessing import Lock, Pool, Process


def report(value):
    print(type(value).__name__)


def main(what):
    def work():
        print("work")

    if what == "pool":
        with Pool(1) as pool:
            pool.map(report, [Lock()])  # maps
    elif what == "local":
        child = Process(target=work)
    elif what == "lambda":
        child = Process(target=lambda: print("work"))
    else:
        child = Process(target=report, args=(threading.Lock(),))
    child.start()  # starts
    child.join()


if __name__ == "__main__":
    main(sys.argv[1])
