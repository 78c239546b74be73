"""The tasks of starmap_async have a lambda among their arguments, and main waits for what they put.

Wanted: main waits for an item of `rows`; the calls of apply could not be sent, since a lambda cannot be pickled; that
stands in a result that nobody asked for.
"""

from multiprocessing import Pool, Queue

rows = None


def prepare(queue):
    global rows
    rows = queue


def apply(change, number):
    rows.put(change(number))


if __name__ == "__main__":
    rows = Queue()
    pool = Pool(2, prepare, (rows,))
    pool.starmap_async(apply, [(lambda n: n + 1, number) for number in range(3)])  # submits
    print(rows.get())  # waits
