"""A main that starts children as fast as it can, each with a child of its own, and never ends by itself."""

import time
from multiprocessing import Process, active_children

AT_ONCE = 20


def sleep() -> None:
    time.sleep(60)


def start_one() -> None:
    child = Process(target=sleep)
    child.start()
    child.join()


if __name__ == "__main__":
    while True:
        while len(active_children()) < AT_ONCE:
            Process(target=start_one).start()
        for child in active_children():
            child.terminate()
