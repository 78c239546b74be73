"""imap_unordered() begins at once, they think, and goes on by itself: nobody takes its results, and `with` ends it.

Wanted: `pool` was ended, at its `with`, before most of its 6 tasks were begun, and nobody had waited for their results.
"""

import time
from multiprocessing import Pool


def save(number):
    time.sleep(0.2)
    return f"part-{number}.txt"


def export(count):
    with Pool(2) as pool:  # made
        pool.imap_unordered(save, range(count))
    print("exported", count)


if __name__ == "__main__":
    export(6)
