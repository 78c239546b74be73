"""A task submits to the executor that it is a task of: in a forked worker a copy, whose threads and lock are main's."""

from concurrent.futures import ProcessPoolExecutor

executor: ProcessPoolExecutor


def outer(number: int) -> int:
    return int(executor.submit(inner, number).result())  # waits


def inner(number: int) -> int:
    return number + 1


if __name__ == "__main__":
    executor = ProcessPoolExecutor(2)  # made
    print([future.result() for future in [executor.submit(outer, number) for number in range(4)]])
