"""Two processes change a list or a dict in a manager: each changes a copy of it, and nobody writes it back."""

import sys
from multiprocessing import Manager, Process


def append(shared, number):
    shared["found"].append(number)  # appends


def count(shared, number):
    shared.counts["all"] = number  # counts


def take(shared, number):
    last = shared[0]
    last.clear()
    last.append(number)


def main(kind):
    with Manager() as manager:
        if kind == "count":
            shared, change = manager.Namespace(counts={}), count
        elif kind == "take":
            shared, change = manager.list([[]]), take
        else:
            shared, change = manager.dict(found=[]), append
        people = [Process(target=change, args=(shared, number)) for number in range(2)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        print(shared)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "append")
