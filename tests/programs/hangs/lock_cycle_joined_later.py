"""Two processes acquire two locks in opposite order; main does something else, and waits for them later."""

import time
from multiprocessing import Barrier, Lock, Process


def work(first, second, both):
    with first:  # holds
        both.wait()
        with second:  # waits
            print("has both")


if __name__ == "__main__":
    left, right = Lock(), Lock()  # made
    both = Barrier(2)
    people = [
        Process(target=work, name="one", args=(left, right, both)),
        Process(target=work, name="other", args=(right, left, both)),
    ]
    for person in people:
        person.start()
    time.sleep(2)
    for person in people:
        person.join()
