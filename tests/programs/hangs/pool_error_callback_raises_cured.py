"""The error_callback says what is wrong."""

from multiprocessing import Pool


def tell(error):
    print("not sent:", type(error).__name__)


if __name__ == "__main__":
    with Pool(2) as pool:
        pool.apply_async(map, (lambda number: number, [1]), error_callback=tell)
        print(pool.starmap(pow, [(2, 3), (3, 2)]))
