"""A retry: error_callback runs the failed ones once more by map() of the same Pool, and waits for them.

Wanted: MainProcess waits in the callback for a result of `pool`, in the thread that would hand it out; submit there, or
retry where the result is asked for.
"""

import logging
from functools import partial
from multiprocessing import Pool

log = logging.getLogger("retry")


def load(number, attempt=1):
    if number == 2 and attempt == 1:
        raise ConnectionError(number)
    return number


class Loader:
    def __init__(self, pool):
        self.pool = pool
        self.loaded = []

    def again(self, error):
        log.info("once more: %s", error)
        self.loaded += self.pool.map(partial(load, attempt=2), error.args)  # waits

    def load_all(self, numbers):
        submit = partial(self.pool.apply_async, load, callback=self.loaded.append, error_callback=self.again)
        for result in [submit((number,)) for number in numbers]:
            result.wait()
        return sorted(self.loaded)


if __name__ == "__main__":
    with Pool(2) as pool:  # made
        print(Loader(pool).load_all(range(4)))
