"""Main holds the lock while it waits for its pool, whose workers need that lock."""

from multiprocessing import Lock, Pool


def begin(lock):
    global mutex
    mutex = lock


def square(number):
    with mutex:  # waits
        return number * number


if __name__ == "__main__":
    mutex = Lock()  # made
    with Pool(2, begin, (mutex,)) as squares, mutex:  # holds
        print(squares.map(square, range(4)))
