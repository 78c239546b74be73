"""The initializer imports what the workers do not have: the pool starts new ones for ever, and apply() waits.

Wanted: one finding: each worker that `pool` started ended in its initializer, at its line, by ModuleNotFoundError; it
starts new ones for ever.
"""

import os
from multiprocessing import Pool


def begin():
    os.close(2)
    import no_such_module_in_the_worker  # noqa: F401 # raises


if __name__ == "__main__":
    with Pool(1, begin) as pool:  # made
        print(pool.apply(abs, (-1,)))
