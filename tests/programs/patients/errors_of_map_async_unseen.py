"""The result of map_async is never asked for: the error of one chunk takes all with it; exit code 0.

Wanted: 1 of 1 results of invert, submitted at its line, is an error that nobody asked for: ZeroDivisionError, raised
at its line.
"""

from multiprocessing import Pool


def invert(number):
    return 1 / number  # raises


if __name__ == "__main__":
    pool = Pool(2)
    pool.map_async(invert, [2, 1, 0])  # submits
    pool.close()
    pool.join()
    print("all inverted")
