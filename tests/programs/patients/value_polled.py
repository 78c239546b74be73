"""Main shows how far the workers are, by a shared Value, until all is counted; one of them has failed.

Wanted: probably: main reads `done` again and again at its line, and nobody is left who could change it: parser-0 ended
at its line by ValueError.
"""

import time
from multiprocessing import Process, Value


def parse(rows, done):
    for row in rows:
        int(row)  # raises
        with done.get_lock():
            done.value += 1


if __name__ == "__main__":
    done = Value("i", 0)  # made
    for number, rows in enumerate((["1", "x"], ["4", "5"])):
        Process(target=parse, args=(rows, done), name=f"parser-{number}").start()
    while done.value < 4:  # asks
        time.sleep(0.3)
