"""A child is killed, as the system does where memory runs out, and main sees that from its exit code."""

import os
import signal
from multiprocessing import Process, SimpleQueue


def work(begun):
    begun.put("begun")
    while True:
        signal.pause()


def main():
    begun = SimpleQueue()
    child = Process(target=work, name="worker", args=(begun,))
    child.start()
    begun.get()
    os.kill(child.pid, signal.SIGKILL)  # the system
    child.join()
    print("done" if child.exitcode == 0 else "the work must be done again")


if __name__ == "__main__":
    main()
