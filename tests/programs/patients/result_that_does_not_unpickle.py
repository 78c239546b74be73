"""A task returns an object whose __setstate__ raises in main: that ends the pool's thread, and get() waits.

Wanted: the thread of `pool` that hands out results was ended by ValueError, raised at the line in __setstate__, as it
unpickled what load returned.
"""

from multiprocessing import Pool


class Table:
    def __init__(self):
        self.rows = [1]

    def __setstate__(self, state):
        raise ValueError("too old")  # raises


def load(path):
    return Table()


if __name__ == "__main__":
    with Pool(1) as pool:  # made
        print(pool.apply_async(load, ("a",)).get())
