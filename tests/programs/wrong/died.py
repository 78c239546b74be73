"""A child is killed, as the system does where memory runs out, and main goes on as if the work were done."""

import os
import signal
from multiprocessing import Process, SimpleQueue


def work(begun):
    begun.put("begun")
    os.kill(os.getpid(), signal.SIGKILL)  # as the system does


def main():
    begun = SimpleQueue()
    child = Process(target=work, name="worker", args=(begun,))
    child.start()  # starts
    begun.get()
    child.join()
    print("done")


if __name__ == "__main__":
    main()
