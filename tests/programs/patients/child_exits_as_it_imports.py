"""A new process ends as it imports the file, by sys.exit, while main still writes its large argument.

Wanted: main waits in start() at its line for worker to read its arguments (2 MB); worker ended with exit code 2, at
the line of the sys.exit(), before it had read them.
"""

import multiprocessing
import sys

if multiprocessing.current_process().name != "MainProcess":
    sys.exit(2)  # ends


def work(numbers):
    print(sum(numbers))


if __name__ == "__main__":
    worker = multiprocessing.Process(target=work, args=(list(range(600_000)),), name="worker")
    worker.start()  # waits
    worker.join()
