"""A run that goes on until somebody ends it; it may be run in two ways."""

import time
from collections.abc import Iterator, Mapping
from multiprocessing import Barrier, Process
from typing import Any

from procsim import Claim, Way, say, start


def sleep(all_there: Any) -> None:
    all_there.wait()
    say("reads the paper")
    time.sleep(600)


def main(people: int = 5, lock: bool = False) -> None:
    all_there = Barrier(people)
    sleepers = [Process(target=sleep, args=(all_there,), name=f"user-{number + 1}") for number in range(people)]
    for sleeper in sleepers:
        sleeper.start()
    for sleeper in sleepers:
        sleeper.join()


OTHER_WAY = {"lock": True}


def ways(**_: Any) -> Iterator[Way]:
    yield Way("with the lock", {"lock": True})
    yield Way("without the lock", {"lock": False})


def compared(runs: Mapping[str, Any], **_: Any) -> Iterator[Claim]:
    yield Claim("X", False, "it came to its end")


if __name__ == "__main__":
    start(main)
