"""A daemon writes figures that main puts at each step; main ends, and nobody minds if the last one is missing."""

import os
import time
from multiprocessing import Process, Queue


def write(figures):
    with open(os.devnull, "w") as file:
        while True:
            print(figures.get(), file=file, flush=True)


if __name__ == "__main__":
    figures = Queue()
    writer = Process(target=write, args=(figures,), daemon=True)
    writer.start()
    for step in range(20):
        time.sleep(0.1)
        figures.put(step)
        while figures.qsize() > 1:  # it has just begun, perhaps
            time.sleep(0.01)
    print("done")
