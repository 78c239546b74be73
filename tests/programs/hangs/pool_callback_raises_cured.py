"""The callback catches what it raises."""

from multiprocessing import Pool


def square(number):
    return number * number


def inverse(number):
    try:
        print(1 / number)
    except ZeroDivisionError:
        print("none")


if __name__ == "__main__":
    with Pool(2) as pool:
        results = [pool.apply_async(square, (number,), callback=inverse) for number in (2, 0, 1)]
        print([result.get() for result in results])
