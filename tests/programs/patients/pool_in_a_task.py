"""A task makes a pool, which no worker of a Pool may do: where, only the worker has seen."""

import multiprocessing


def square(number: int) -> int:
    return number * number


def squares(count: int) -> list[int]:
    with multiprocessing.Pool(2) as pool:  # raises
        return pool.map(square, range(count))


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        print(pool.map(squares, [1, 2]))  # asks
