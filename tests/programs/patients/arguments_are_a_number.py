"""The arguments of a process are a number in brackets, and no tuple.

Wanted: main ended since args= was one int: a tuple of one has a comma.
"""

from multiprocessing import Process


def count(number):
    print(number)


if __name__ == "__main__":
    worker = Process(target=count, args=(5))  # raises
    worker.start()
    worker.join()
