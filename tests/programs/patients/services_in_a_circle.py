"""Two services, each with a handler of SIGTERM of its own, take two locks in opposite order.

Wanted: what is said without the handlers: one holds `north` and waits for `south` at its line, the other holds
`south` and waits for `north`.
"""

import signal
import sys
from multiprocessing import Barrier, Lock, Process


def leave(number, frame):
    sys.exit(0)


def serve(first, second, both):
    signal.signal(signal.SIGTERM, leave)
    with first:
        both.wait()
        with second:  # waits
            print("serves")


if __name__ == "__main__":
    north, south, both = Lock(), Lock(), Barrier(2)  # made
    one = Process(target=serve, args=(north, south, both), name="one")
    other = Process(target=serve, args=(south, north, both), name="other")
    one.start()
    other.start()
    one.join()
    other.join()
