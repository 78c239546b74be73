"""multiprocessing.Pool starts another worker in the place of one that ends."""

from multiprocessing import Pool


def double(number):
    return 2 * number


if __name__ == "__main__":
    with Pool(1, maxtasksperchild=2) as pool:
        results = [pool.apply_async(double, (number,)) for number in range(8)]
        print([result.get() for result in results])
