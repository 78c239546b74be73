"""The pool ends its workers, and another one is made."""

from multiprocessing import Pool


def square(number):
    return number * number


if __name__ == "__main__":
    for _ in range(2):
        with Pool(1) as pool:
            print(pool.map(square, range(4)))
