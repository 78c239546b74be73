"""A service with handlers of SIGTERM and SIGHUP joins its worker before it receives what that sends through a pipe.

Wanted: main waits at join() for worker to end, and worker waits at its line to send through a pipe that is full;
receive first, then join.
"""

import signal
from multiprocessing import Pipe, Process


class Service:
    def __init__(self):
        self.stopping = False
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop)

    def stop(self, number, frame):
        self.stopping = True

    def serve(self):
        mine, theirs = Pipe()  # made
        worker = Process(target=work, args=(theirs,), name="worker")
        worker.start()
        worker.join()  # waits
        print(len(mine.recv()))


def work(theirs):
    theirs.send(b"x" * 1_000_000)  # sends


if __name__ == "__main__":
    Service().serve()
