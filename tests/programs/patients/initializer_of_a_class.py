"""The initializer of a pool is a method, and fails in each worker with an exit: imap() never returns.

Wanted: one finding: each worker that `pool` started ended in its initializer, at its line, with SystemExit; it starts
new ones for ever.
"""

import sys
from multiprocessing import Pool


class Site:
    def __init__(self, licence):
        self.licence = licence

    def begin(self):
        if not self.licence:
            sys.exit(3)  # raises


def fetch(number):
    return number


if __name__ == "__main__":
    with Pool(2, initializer=Site("").begin) as pool:  # made
        print(list(pool.imap(fetch, range(10))))
