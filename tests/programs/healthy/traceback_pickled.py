"""A task fails, because it pickles a traceback: nothing of that was to be sent to another process."""

import pickle
import sys
from multiprocessing import Pool


def task(number):
    try:
        return 1 / number
    except ZeroDivisionError:
        return pickle.dumps(sys.exc_info()[2])


if __name__ == "__main__":
    with Pool(2) as pool:
        try:
            print(pool.map(task, [1, 0]))
        except TypeError as error:
            print("failed as it should:", error)
