"""A handler of SIGTERM writes a line and returns; the worker goes on in recv(), and main joins it.

Wanted: worker was told to end by terminate() at its line, has a handler of SIGTERM, and waits on in recv() at its
line; have the handler raise.
"""

import signal
from multiprocessing import Pipe, Process


def log(number, frame):
    print("told to end", flush=True)


class Worker(Process):
    def __init__(self, orders, answers):
        super().__init__(name="worker")
        self.orders, self.answers = orders, answers

    def run(self):
        signal.signal(signal.SIGTERM, log)
        self.answers.send("ready")
        print(self.orders.recv())  # goes on


if __name__ == "__main__":
    orders, theirs = Pipe()
    answers, answering = Pipe(duplex=False)
    worker = Worker(theirs, answering)
    worker.start()
    answers.recv()
    worker.terminate()  # kills
    worker.join()  # waits
