"""Processes that end in every way there is."""

import signal
import sys
from multiprocessing import Process, SimpleQueue


def good(here):
    pass


def exits(here):
    sys.exit(3)


def raises(here):
    {}["nobody"]  # raise


def stays(here):
    here.put(None)
    while True:
        signal.pause()


def main():
    for work in (good, exits, raises):
        process = Process(target=work, name=work.__name__, args=(None,))
        process.start()
        process.join()
    for way in ("terminated", "killed"):
        here = SimpleQueue()
        process = Process(target=stays, name=way, args=(here,))
        process.start()
        here.get()
        process.terminate() if way == "terminated" else process.kill()
        process.join()


if __name__ == "__main__":
    main()
