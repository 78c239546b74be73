"""Main leaves by os._exit, which neither ends its daemons nor waits for its other children."""

import os
import signal
from multiprocessing import Process, SimpleQueue


def guard(begun):
    begun.put("begun")
    while True:
        signal.pause()


def main():
    begun = SimpleQueue()
    Process(target=guard, name="guard", args=(begun,), daemon=True).start()  # starts
    begun.get()
    os._exit(0)


if __name__ == "__main__":
    main()
