"""Two processes go through two phases under two locks, and the first one is never released. With `cured` it is."""

import sys
from multiprocessing import Lock, Process
from typing import Any


def work(first: Any, second: Any, cured: bool) -> None:
    first.acquire()
    second.acquire()
    second.release()
    if cured:
        first.release()


if __name__ == "__main__":
    first, second = Lock(), Lock()
    processes = [
        Process(target=work, args=(first, second, sys.argv[1:] == ["cured"]), name=f"worker-{number}")
        for number in (1, 2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
