"""Two take from one file, one a second after the other: it comes out right in this run, and nothing keeps it so.

Wanted: probably: it came out right in this run; nothing keeps the two apart: taker-1 may read (its line) between
taker-0's read and write (its line).
"""

import os
import tempfile
import time
from multiprocessing import Process


def take(path, pause):
    time.sleep(pause)
    with open(path) as file:
        left = int(file.read())  # reads
    with open(path, "w") as file:  # writes as it is closed
        file.write(str(left - 1))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "account.txt")
        with open(path, "w") as file:
            file.write("10")
        people = [Process(target=take, args=(path, pause), name=f"taker-{pause}") for pause in (0, 1)]
        for person in people:
            person.start()
        for person in people:
            person.join()
