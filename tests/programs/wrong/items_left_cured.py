"""A daemon writes figures as they come: it has always kept up, and whether it has the last one is not known."""

import time
from multiprocessing import Process, Queue, Value


def write(figures, taken):
    while True:
        figures.get()
        taken.value += 1


if __name__ == "__main__":
    figures, taken = Queue(), Value("i", 0)
    Process(target=write, args=(figures, taken), name="writer", daemon=True).start()
    for number in range(20):
        figures.put(number)
        while taken.value <= number:
            time.sleep(0.001)
    figures.put("the last")
