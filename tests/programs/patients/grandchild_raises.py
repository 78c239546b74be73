"""A child has a grandchild do the work, which fails; the child does not look, and ends well. Main waits for the result.

Wanted: main waits for an item of `results`, and nobody is left who could put one: grandchild ended at its line by
KeyError: 'price'.
"""

from multiprocessing import Process, Queue


def compute(results, row):
    results.put(row["price"] * 2)  # raises


def delegate(results):
    grandchild = Process(target=compute, args=(results, {"prize": 3}), name="grandchild")
    grandchild.start()
    grandchild.join()


if __name__ == "__main__":
    results = Queue()  # made
    child = Process(target=delegate, args=(results,), name="child")
    child.start()
    print(results.get())  # waits
    child.join()
