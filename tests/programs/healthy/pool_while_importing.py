"""A module computes with a Pool while it is imported, with functions of another module: nothing is wrong with that."""

if __name__ == "__main__":
    import pool_while_importing  # noqa: F401 - this file, under its own name
else:
    import math
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with get_context("fork").Pool(2) as pool:
        print(pool.map(math.factorial, range(4)))
    with ProcessPoolExecutor(2, get_context("fork")) as executor:
        print(list(executor.map(math.sqrt, range(4))))
