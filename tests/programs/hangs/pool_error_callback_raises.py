"""A task cannot be sent, and its error_callback raises: that ends the thread that sends the tasks."""

from multiprocessing import Pool


def stop(error):
    raise error  # raises


if __name__ == "__main__":
    with Pool(2) as pool:  # made
        pool.apply_async(map, (lambda number: number, [1]), error_callback=stop)
        print(pool.starmap(pow, [(2, 3), (3, 2)]))
