"""Two processes print more than a pipe holds, and nothing is wrong with that."""

import sys
from multiprocessing import Process


def print_much() -> None:
    for stream in (sys.stdout, sys.stderr):
        print("x" * 200_000, file=stream)


if __name__ == "__main__":
    processes = [Process(target=print_much) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
