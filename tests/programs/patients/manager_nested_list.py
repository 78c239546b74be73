"""A list inside a Manager's dict is appended to in place: it is a copy, and all is lost.

Wanted: shared["found"] is a copy: it was appended to at its line, and never written back.
"""

from multiprocessing import Manager, Process


def add(shared, number):
    shared["found"].append(number)  # changes


if __name__ == "__main__":
    with Manager() as manager:
        shared = manager.dict(found=[])
        people = [Process(target=add, args=(shared, number)) for number in range(3)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        print("found", shared["found"])
