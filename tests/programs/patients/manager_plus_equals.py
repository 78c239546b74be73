"""Three add to an entry of a Manager's dict: each call is safe by itself, the read and the write together are not.

Wanted: updates of shared['sum'] lost, at its line.
"""

from multiprocessing import Manager, Process


def count(shared):
    for _ in range(150):
        shared["sum"] += 1  # adds


if __name__ == "__main__":
    with Manager() as manager:
        shared = manager.dict(sum=0)
        people = [Process(target=count, args=(shared,)) for _ in range(3)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        print("counted", shared["sum"])
