"""Healthy: a flag that main sets and others poll, and a Manager's dict in which each has an entry of its own."""

import time
from multiprocessing import Manager, Process, Value


def work(stop, shared, number):
    while not stop.value:
        time.sleep(0.01)
    shared[number] = "done"


if __name__ == "__main__":
    stop = Value("b", 0)
    with Manager() as manager:
        shared = manager.dict()
        people = [Process(target=work, args=(stop, shared, number)) for number in range(3)]
        for person in people:
            person.start()
        time.sleep(0.3)
        stop.value = 1
        for person in people:
            person.join()
        print(sorted(shared.items()))
