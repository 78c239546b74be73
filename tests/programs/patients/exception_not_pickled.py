"""A task raises an exception that holds a lock, and cannot be pickled: main gets an error that says nothing of it."""

import multiprocessing
import threading


class NotFoundError(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.lock = threading.Lock()


def look_up(name: str) -> str:
    raise NotFoundError(name)  # raises


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:  # made
        print(pool.map(look_up, ["one"]))  # asks
