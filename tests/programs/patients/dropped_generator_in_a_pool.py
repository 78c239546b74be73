"""The tasks of a pool put generators into a queue that its initializer has handed them; main waits for the rows.

Wanted: main waits for what a worker put at its line into `rows`: a generator cannot be pickled, and was dropped.
"""

from multiprocessing import Pool, Queue

rows = None


def prepare(shared):
    global rows
    rows = shared


def parse(line):
    rows.put(word.upper() for word in line.split())  # put


if __name__ == "__main__":
    rows = Queue()  # made
    with Pool(2, prepare, (rows,)) as pool:
        pool.map(parse, ["a b", "c d"])
        print(list(rows.get()))  # waits
