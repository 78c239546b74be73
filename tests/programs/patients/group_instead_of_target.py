"""The function is passed as the first argument, which is `group`, and must be None.

Wanted: the first argument of Process is `group`: pass the function as target=; at its line.
"""

from multiprocessing import Process


def work(number):
    print("works", number)


if __name__ == "__main__":
    worker = Process(work, args=(2,))  # raises
    worker.start()
    worker.join()
