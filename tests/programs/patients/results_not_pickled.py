"""What the tasks return holds a function without a name, which cannot be pickled, and nobody asks for the results."""

import multiprocessing
from typing import Any


def make(number: int) -> dict[str, Any]:
    return {"number": number, "next": lambda: number + 1}


if __name__ == "__main__":
    pool = multiprocessing.Pool(2)
    for number in range(4):
        pool.apply_async(make, (number,))  # submitted
    pool.close()
    pool.join()
