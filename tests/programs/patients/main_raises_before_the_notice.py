"""Main fails before it notifies, and at its end it waits for the process that waits for the notice.

Wanted: waiter waits, and MainProcess, which was to notify, ended by an exception.
"""

from multiprocessing import Condition, Event, Process


def wait(condition, waits):
    with condition:
        waits.set()
        condition.wait()  # waits


if __name__ == "__main__":
    condition, waits = Condition(), Event()  # made
    waiter = Process(target=wait, args=(condition, waits), name="waiter")
    waiter.start()
    waits.wait()
    condition.notify()  # raises
    waiter.join()
