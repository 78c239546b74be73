"""The same, and the pool has a worker for each of the three."""

import multiprocessing
from multiprocessing.synchronize import Barrier


def begin(given: Barrier) -> None:
    global barrier
    barrier = given


def play(number: int) -> int:
    barrier.wait()
    return number


def judge() -> str:
    barrier.wait()
    return "go"


if __name__ == "__main__":
    with multiprocessing.Pool(3, begin, (multiprocessing.Barrier(3),)) as pool:
        players = pool.map_async(play, range(2), chunksize=1)
        print(pool.apply(judge), players.get())
