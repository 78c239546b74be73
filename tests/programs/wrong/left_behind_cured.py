"""Main leaves by sys.exit: its exit handlers end its daemons and wait for its other children."""

import signal
import sys
from multiprocessing import Process, SimpleQueue


def guard(begun):
    begun.put("begun")
    while True:
        signal.pause()


def main():
    begun = SimpleQueue()
    Process(target=guard, name="guard", args=(begun,), daemon=True).start()
    begun.get()
    sys.exit(0)


if __name__ == "__main__":
    main()
