"""Two workers of a pool, or of an executor: the exit code says what came of it. The way is the first argument."""

import itertools
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from multiprocessing import Pool, TimeoutError, Value
from typing import Any

left: list[Any] = []
"""Executors that nobody shuts down."""


def square(number: int) -> int:
    return number * number


def fail(number: int) -> None:
    raise ValueError(number)


def share(number: Any) -> None:
    global total
    total = number


def add(number: int) -> int:
    with total.get_lock():
        total.value += number
    return int(total.value)


def digits(numbers: Any) -> int:
    return int("".join(map(str, numbers)))


def mapped() -> int:
    with Pool(2) as pool:
        return digits(pool.map(square, [1, 2, 3], 1))


def joined() -> int:
    pool = Pool(2)
    results = [pool.apply_async(square, [number]) for number in (1, 2)]
    pool.close()
    pool.join()
    return digits(result.get() for result in results)


def shared() -> int:
    with Pool(2, share, [Value("i", 0)]) as pool:
        return digits(pool.map(add, [1, 2], 1))


def failed() -> int:
    with Pool(2) as pool:
        try:
            pool.map(fail, [1, 2], 1)
        except ValueError as error:
            return int(error.args[0])
    return 0


def one_by_one() -> int:
    with Pool(2) as pool:
        return digits(pool.imap(square, [1, 2]))


def unordered() -> int:
    with Pool(2) as pool:
        return digits(pool.imap_unordered(square, [1, 2]))


def endless() -> int:
    with Pool(1) as pool:
        return next(pool.imap(square, itertools.islice(itertools.count(1), 3)))


def ready() -> int:
    with Pool(1) as pool:
        return int(pool.apply_async(square, [1]).ready())


def in_time() -> int:
    with Pool(1) as pool:
        try:
            return pool.apply_async(square, [1]).get(1)
        except TimeoutError:
            return 2


def called_back() -> int:
    results: list[int] = []
    with Pool(2) as pool:
        for number in (1, 2):
            pool.apply_async(square, [number], callback=results.append)
        pool.close()
        pool.join()
    return digits(results)


def executor_mapped() -> int:
    with ProcessPoolExecutor(2) as executor:
        return digits(executor.map(square, [1, 2]))


def executor_waited() -> int:
    with ProcessPoolExecutor(2) as executor:
        futures = [executor.submit(square, number) for number in (1, 2)]
        wait(futures)
        return digits(future.result() for future in futures)


def executor_done() -> int:
    with ProcessPoolExecutor(1) as executor:
        return int(executor.submit(square, 1).done())


def executor_in_time() -> int:
    with ProcessPoolExecutor(1) as executor:
        try:
            return executor.submit(square, 1).result(1)
        except FutureTimeoutError:
            return 2


def executor_left() -> int:
    left.append(ProcessPoolExecutor(1))
    left[0].submit(square, 1)
    return 0


WAYS: dict[str, Callable[[], int]] = {
    "mapped": mapped,
    "joined": joined,
    "shared": shared,
    "failed": failed,
    "one by one": one_by_one,
    "unordered": unordered,
    "endless": endless,
    "ready": ready,
    "in time": in_time,
    "called back": called_back,
    "executor mapped": executor_mapped,
    "executor waited": executor_waited,
    "executor done": executor_done,
    "executor in time": executor_in_time,
    "executor left": executor_left,
}

if __name__ == "__main__":
    sys.exit(WAYS[sys.argv[1]]())
