"""Main lets go of the lock before it waits for its pool."""

from multiprocessing import Lock, Pool


def begin(lock):
    global mutex
    mutex = lock


def square(number):
    with mutex:
        return number * number


if __name__ == "__main__":
    mutex = Lock()
    with Pool(2, begin, (mutex,)) as squares:
        with mutex:
            job = squares.map_async(square, range(4))
        print(job.get())
