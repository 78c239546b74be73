"""Main waits for a file, and the process that was to make it has failed.

Wanted, as probable: main looks whether done.txt is there, and writer ended by an exception.
"""

import os
import time
from multiprocessing import Process


def write(path):
    text = ",".join([1, 2, 3])  # raises
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    path = os.path.abspath("done.txt")
    writer = Process(target=write, args=(path,), name="writer")
    writer.start()
    while not os.path.exists(path):  # asks
        time.sleep(0.1)
