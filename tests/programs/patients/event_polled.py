"""Main looks again and again whether the worker is ready; the worker has failed before it could say so.

Wanted: probably: main waits at its line for `ready` to be set, and nobody is left who could: worker ended at its line
by FileNotFoundError.
"""

from multiprocessing import Event, Process


def work(ready):
    with open("/no/such/model"):  # raises
        ready.set()


if __name__ == "__main__":
    ready = Event()  # made
    Process(target=work, args=(ready,), name="worker").start()
    while not ready.wait(timeout=0.3):  # waits
        print("not ready yet", flush=True)
