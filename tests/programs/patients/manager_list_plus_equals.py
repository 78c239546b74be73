"""Workers of a pool add to an element of a Manager's list.

Wanted: updates of totals[0] lost, with the lines of the read and the write.
"""

from multiprocessing import Barrier, Manager, Pool

both = None


def prepare(barrier):
    global both
    both = barrier


def add(totals):
    before = totals[0]  # reads
    both.wait()
    totals[0] = before + 5  # writes


if __name__ == "__main__":
    with Manager() as manager, Pool(2, prepare, (Barrier(2),)) as pool:
        totals = manager.list([0])
        pool.map(add, [totals, totals], chunksize=1)
        print("total", totals[0], "of", 10)
