"""A dict inside a Manager's dict is changed in place: it is a copy.

Wanted: shared["counts"] is a copy: an entry of it was set at its line, and never written back.
"""

from multiprocessing import Manager, Process


def count(shared, word):
    shared["counts"][word] = 1  # changes


if __name__ == "__main__":
    with Manager() as manager:
        shared = manager.dict(counts={})
        people = [Process(target=count, args=(shared, word)) for word in ("a", "b")]
        for person in people:
            person.start()
        for person in people:
            person.join()
        print("counts", shared["counts"])
