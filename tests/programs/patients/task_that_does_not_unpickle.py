"""A task cannot be unpickled: the worker ends, the pool starts another one, and the result never comes."""

import multiprocessing


class Row:
    def __init__(self, first: int, second: int) -> None:
        self.first, self.second = first, second

    def __reduce__(self) -> tuple[type, tuple[int]]:
        return Row, (self.first,)


def total(row: Row) -> int:
    return row.first + row.second


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:  # made
        print(pool.map(total, [Row(1, 2), Row(3, 4)]))  # waits
