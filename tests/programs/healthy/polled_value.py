"""A child polls a shared value that another one sets."""

import time
from multiprocessing import Process, Value


def poll(value):
    while True:
        with value:
            if value.value:
                return
        time.sleep(0.05)


def change(value):
    time.sleep(1.5)
    value.value = 1


if __name__ == "__main__":
    value = Value("i", 0)
    children = [Process(target=poll, args=(value,)), Process(target=change, args=(value,))]
    for child in children:
        child.start()
    for child in children:
        child.join()
