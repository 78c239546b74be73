"""An exception that a task raises cannot be unpickled in main: that ends the thread that hands out the results."""

from multiprocessing import Pool


class BadRow(Exception):
    def __init__(self, row, reason):
        super().__init__(f"row {row}: {reason}")


def parse(row):
    if row == 3:
        raise BadRow(row, "too short")  # raises
    return row


if __name__ == "__main__":
    with Pool(2) as pool:  # made
        print(pool.map(parse, range(6)))
