"""Two players wait at a barrier for the judge, whose task has no worker: the pool has two."""

import multiprocessing
from multiprocessing.synchronize import Barrier


def begin(given: Barrier) -> None:
    global barrier
    barrier = given


def play(number: int) -> int:
    barrier.wait()  # waits
    return number


def judge() -> str:
    barrier.wait()
    return "go"


if __name__ == "__main__":
    with multiprocessing.Pool(2, begin, (multiprocessing.Barrier(3),)) as pool:  # made
        players = pool.map_async(play, range(2), chunksize=1)
        print(pool.apply(judge), players.get())  # submitted
