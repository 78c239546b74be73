"""The callback catches what it raises."""

from multiprocessing import Pool

totals = {}


def square(number):
    return number * number


def add(result):
    try:
        totals["sum"] += result
    except KeyError:
        totals["sum"] = result


if __name__ == "__main__":
    pool = Pool(2)
    for number in range(3):
        pool.apply_async(square, (number,), callback=add)
    pool.close()
    pool.join()
    print(totals)
