"""Main waits until it can read a report, and the process that was to write it has left with an exit code.

Wanted, as probable: main looks whether report.csv is there, and reporter ended with exit code 2.
"""

import os
import sys
import time
from multiprocessing import Process


def report(rows):
    if not rows:
        sys.exit(2)
    with open("report.csv", "w") as file:
        file.writelines(rows)


def wait_for(path):
    while not os.access(path, os.R_OK):  # asks
        time.sleep(0.2)


if __name__ == "__main__":
    reporter = Process(target=report, args=([],), name="reporter")
    reporter.start()
    reporter.join()
    wait_for("report.csv")
