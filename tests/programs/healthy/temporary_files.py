"""Files that are made, read and removed again, each by one process: the system gives their numbers to the next ones.

A status is replaced by a file that was written beside it.
"""

import os
import tempfile
from multiprocessing import Process


def work(folder, own):
    status = os.path.join(folder, "status")
    for number in range(40):
        with tempfile.TemporaryDirectory() as scratch:
            os.chdir(scratch)
            with open("part.txt", "w") as file:
                file.write(f"{own} {number}")
            with open("part.txt") as file:
                text = file.read()
            os.chdir("/")
        with open(status) as file:
            file.read()
        with open(f"{status}.{own}", "w") as file:
            file.write(text)
        os.replace(f"{status}.{own}", status)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "status"), "w") as file:
            file.write("none")
        workers = [Process(target=work, args=(folder, number)) for number in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
