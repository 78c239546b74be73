"""A process waits to be notified, and does not look before whether it has been already."""

from multiprocessing import Condition, Process
from typing import Any


def wait(done: Any) -> None:
    with done:
        done.wait()


if __name__ == "__main__":
    done = Condition()
    waiter = Process(target=wait, args=(done,), name="waiter")
    waiter.start()
    with done:
        done.notify()
    waiter.join()
