"""Main asks in a loop whether an Event is set, and the worker that was to set it has failed.

Wanted, as probable: main waits for done to be set, and worker ended by an exception.
"""

import time
from multiprocessing import Event, Process


def work(done, rows):
    print(rows[0])  # raises
    done.set()


if __name__ == "__main__":
    done = Event()  # made
    worker = Process(target=work, args=(done, []), name="worker")
    worker.start()
    while not done.is_set():  # asks
        time.sleep(0.2)
