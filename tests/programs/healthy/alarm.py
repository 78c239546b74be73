"""An alarm breaks a get that would wait for ever."""

import signal
from multiprocessing import Queue


class TooLate(Exception):
    pass


def ring(number, frame):
    raise TooLate


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, ring)
    signal.alarm(2)
    items = Queue()
    try:
        items.get()
    except TooLate:
        print("too late")
