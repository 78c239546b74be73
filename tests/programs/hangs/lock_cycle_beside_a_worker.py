"""Two processes acquire two locks in opposite order, while a third one works."""

import time
from multiprocessing import Barrier, Lock, Process


def work(first, second, both):
    with first:  # holds
        both.wait()
        with second:  # waits
            print("has both")


def bystand():
    until = time.monotonic() + 8
    while time.monotonic() < until:
        time.sleep(0.01)


if __name__ == "__main__":
    bystander = Process(target=bystand, name="bystander")
    bystander.start()
    left, right = Lock(), Lock()  # made
    both = Barrier(2)
    people = [
        Process(target=work, name="one", args=(left, right, both)),
        Process(target=work, name="other", args=(right, left, both)),
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    bystander.join()
