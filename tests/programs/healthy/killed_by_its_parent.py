"""A supervisor kills a worker that it needs no longer, by its PID, and ends."""

import os
import signal
from multiprocessing import Process, SimpleQueue


class Supervisor:
    end = os.kill  # of C, and so no method

    def __init__(self):
        self.begun = SimpleQueue()
        self.worker = Process(target=work, name="worker", args=(self.begun,))


def work(begun):
    begun.put("begun")
    signal.pause()


def main():
    supervisor = Supervisor()
    supervisor.worker.start()
    supervisor.begun.get()
    supervisor.end(supervisor.worker.pid, signal.SIGKILL)
    supervisor.worker.join()
    print("done")


if __name__ == "__main__":
    main()
