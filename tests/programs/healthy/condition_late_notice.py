"""The one who notifies sleeps first."""

import time
from multiprocessing import Condition, Process, Value


def wait(condition, value):
    with condition:
        condition.wait_for(lambda: value.value)


def notify(condition, value):
    time.sleep(1.5)
    with condition:
        value.value = 1
        condition.notify_all()


if __name__ == "__main__":
    condition, value = Condition(), Value("i", 0)
    children = [Process(target=wait, args=(condition, value)) for _ in range(2)]
    children.append(Process(target=notify, args=(condition, value)))
    for child in children:
        child.start()
    for child in children:
        child.join()
