"""The exception hands all its arguments on, so that it can be unpickled."""

from multiprocessing import Pool


class BadRow(Exception):
    def __init__(self, row, reason):
        super().__init__(row, reason)


def parse(row):
    if row == 3:
        raise BadRow(row, "too short")
    return row


if __name__ == "__main__":
    with Pool(2) as pool:
        try:
            print(pool.map(parse, range(6)))
        except BadRow as error:
            print("bad row:", *error.args)
