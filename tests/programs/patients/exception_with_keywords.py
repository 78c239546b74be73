"""A task of imap_unordered raises an exception whose arguments are keywords, which cannot be unpickled in main.

Wanted: the thread of `pool` that hands out results was ended by TypeError: what check raised at its line (Refused)
cannot be unpickled; its __init__ takes other arguments than its args.
"""

from multiprocessing import Pool


class Refused(Exception):
    def __init__(self, *, code):
        super().__init__(code)
        self.code = code


def check(number):
    if number == 2:
        raise Refused(code=number)  # raises
    return number


if __name__ == "__main__":
    with Pool(2) as pool:  # made
        print(sorted(pool.imap_unordered(check, range(5))))
