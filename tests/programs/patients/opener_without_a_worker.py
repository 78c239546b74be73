"""Each worker of the pool waits in a task for an event that another task is to set, for which no worker is left."""

import multiprocessing
from multiprocessing.synchronize import Event


def begin(given: Event) -> None:
    global opened
    opened = given


def visit(number: int) -> int:
    opened.wait()  # waits
    return number


def open_the_door() -> None:
    opened.set()


if __name__ == "__main__":
    event = multiprocessing.Event()
    with multiprocessing.Pool(2, begin, (event,)) as pool:  # made
        visits = [pool.apply_async(visit, (number,)) for number in range(2)]
        pool.apply_async(open_the_door)  # submitted
        print([result.get() for result in visits])
