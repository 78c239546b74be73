"""Main asks again and again whether there is a message; the worker has failed, and main has its end of the pipe, too.

Wanted: probably: main waits at its line for a message on `near`: worker ended at its line by RuntimeError.
"""

from multiprocessing import Pipe, Process


def work(connection):
    raise RuntimeError("no licence")  # raises


if __name__ == "__main__":
    near, far = Pipe()  # made
    Process(target=work, args=(far,), name="worker").start()
    while not near.poll(0.3):  # waits
        print("nothing yet", flush=True)
    print(near.recv())
