"""Two add to a Value, one after the other by a pause: it comes out right in this run, and nothing keeps it so.

Wanted: probably: it came out right in this run; nothing keeps clerk-0 and clerk-1 apart: one may read between the
other's read and write.
"""

import time
from multiprocessing import Process, Value


def add(counter, pause):
    time.sleep(pause)
    counter.value += 1  # adds


if __name__ == "__main__":
    counter = Value("i", 0)
    people = [Process(target=add, args=(counter, pause), name=f"clerk-{pause}") for pause in (0, 1)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    print("counted", counter.value)
