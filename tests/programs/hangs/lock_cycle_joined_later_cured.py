"""Two processes acquire two locks in the same order; main waits for them later."""

import time
from multiprocessing import Barrier, Lock, Process


def work(first, second, both):
    both.wait()
    with first, second:
        print("has both")


if __name__ == "__main__":
    left, right = Lock(), Lock()
    both = Barrier(2)
    people = [
        Process(target=work, name="one", args=(left, right, both)),
        Process(target=work, name="other", args=(left, right, both)),
    ]
    for person in people:
        person.start()
    time.sleep(2)
    for person in people:
        person.join()
