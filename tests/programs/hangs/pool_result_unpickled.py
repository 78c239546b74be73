"""What a task returns cannot be unpickled in main: that ends the thread that hands out the results."""

from multiprocessing import Pool


class Row:
    def __init__(self, number):
        self.number = number

    def __setstate__(self, state):
        self.number = state["size"]  # raises


if __name__ == "__main__":
    with Pool(2) as pool:  # made
        for row in pool.imap_unordered(Row, range(3)):
            print(row.number)
