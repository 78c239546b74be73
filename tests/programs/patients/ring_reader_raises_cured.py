"""Slots of a ring are freed by the reader, through a Semaphore, also where it cannot divide."""

from multiprocessing import Process, Semaphore

SLOTS = 4


def write(free, filled):
    for _ in range(20):
        free.acquire()  # waits
        filled.release()


def read(free, filled):
    for number in range(20):
        filled.acquire()
        print(12 / (7 - number) if number != 7 else 0)
        free.release()


if __name__ == "__main__":
    free, filled = Semaphore(SLOTS), Semaphore(0)  # made
    both = [Process(target=task, args=(free, filled), name=task.__name__) for task in (write, read)]
    for process in both:
        process.start()
    for process in both:
        process.join()
