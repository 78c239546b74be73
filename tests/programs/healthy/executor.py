"""The workers of an executor sleep while main waits for their results."""

import time
from concurrent.futures import ProcessPoolExecutor, as_completed


def square(number):
    time.sleep(0.4)
    return number * number


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        print(list(executor.map(square, range(3))))
        print(
            sorted(future.result() for future in as_completed([executor.submit(square, 5), executor.submit(square, 6)]))
        )
