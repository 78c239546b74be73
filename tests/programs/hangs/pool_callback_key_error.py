"""A callback raises a KeyError, which the Pool's thread drops without a word; main joins the Pool for ever."""

from multiprocessing import Pool

totals = {}


def square(number):
    return number * number


def add(result):
    totals["sum"] += result  # raises


if __name__ == "__main__":
    pool = Pool(2)  # made
    for number in range(3):
        pool.apply_async(square, (number,), callback=add)
    pool.close()
    pool.join()  # waits
