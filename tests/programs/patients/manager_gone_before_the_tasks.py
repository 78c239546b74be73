"""Tasks are given a list of a manager that is gone when they are begun: none is unpickled, and join() never ends."""

import multiprocessing
from multiprocessing.managers import ListProxy


def collect(results: "ListProxy[int]", number: int) -> None:
    results.append(number)


if __name__ == "__main__":
    pool = multiprocessing.Pool(1)  # made
    with multiprocessing.Manager() as manager:
        busy = manager.Event()
        first = pool.apply_async(busy.wait)
        results = manager.list()
        for number in range(3):
            pool.apply_async(collect, (results, number))
        busy.set()
        first.wait()
    pool.close()
    pool.join()  # waits
