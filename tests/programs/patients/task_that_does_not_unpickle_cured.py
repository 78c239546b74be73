"""The same, and both values are pickled."""

import multiprocessing


class Row:
    def __init__(self, first: int, second: int) -> None:
        self.first, self.second = first, second

    def __reduce__(self) -> tuple[type, tuple[int, int]]:
        return Row, (self.first, self.second)


def total(row: Row) -> int:
    return row.first + row.second


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        print(pool.map(total, [Row(1, 2), Row(3, 4)]))
