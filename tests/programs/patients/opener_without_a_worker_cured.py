"""The same, and there is a worker for the task that sets the event."""

import multiprocessing
from multiprocessing.synchronize import Event


def begin(given: Event) -> None:
    global opened
    opened = given


def visit(number: int) -> int:
    opened.wait()
    return number


def open_the_door() -> None:
    opened.set()


if __name__ == "__main__":
    event = multiprocessing.Event()
    with multiprocessing.Pool(3, begin, (event,)) as pool:
        visits = [pool.apply_async(visit, (number,)) for number in range(2)]
        pool.apply_async(open_the_door)
        print([result.get() for result in visits])
