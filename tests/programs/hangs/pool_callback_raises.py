"""A callback raises: that ends the thread that hands out the results, and no result comes any more."""

from multiprocessing import Pool


def square(number):
    return number * number


def inverse(number):
    print(1 / number)  # raises


if __name__ == "__main__":
    with Pool(2) as pool:  # made
        results = [pool.apply_async(square, (number,), callback=inverse) for number in (2, 0, 1)]
        print([result.get() for result in results])
