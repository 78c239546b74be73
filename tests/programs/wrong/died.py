"""A child is killed, as the system does where memory runs out, and main goes on as if the work were done."""

import os
import signal
from multiprocessing import Process, SimpleQueue


def work(begun):
    begun.put("begun")
    while True:
        signal.pause()  # works


def main():
    begun = SimpleQueue()
    child = Process(target=work, name="worker", args=(begun,))
    child.start()  # starts
    begun.get()
    os.kill(child.pid, signal.SIGKILL)  # the system
    child.join()
    print("done")


if __name__ == "__main__":
    main()
