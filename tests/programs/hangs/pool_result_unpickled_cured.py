"""What a task returns can be unpickled."""

from multiprocessing import Pool


class Row:
    def __init__(self, number):
        self.number = number

    def __setstate__(self, state):
        self.number = state["number"]


if __name__ == "__main__":
    with Pool(2) as pool:
        for row in pool.imap_unordered(Row, range(3)):
            print(row.number)
