"""Processes that need no target, and some that are never started, as the program wants it."""

import sys
from multiprocessing import Process


class Worker(Process):
    """It knows by itself what to do."""

    def run(self):
        print("works")


class Lazy(Process):
    """Has a target, which may be None, and something to do in any case."""

    def __init__(self, target=None):
        super().__init__(target=target)
        self.callback = target

    def run(self):
        if self.callback is None:
            print("no callback")


def work():
    print("works")


def main():
    # The last two show what a process has: who gives them nothing at all wants nothing of them.
    for process in (Worker(), Lazy(), Process(), Process(name="shown", daemon=True)):
        process.start()
        process.join()
    spare = Process(target=work)
    if spare.is_alive() or len(sys.argv) > 1:
        spare.start()
    try:
        spare.join()
    except AssertionError:
        print("not started")
    print(spare.exitcode, spare.pid)


if __name__ == "__main__":
    main()
