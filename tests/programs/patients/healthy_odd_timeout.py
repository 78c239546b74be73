"""Healthy: time limits that are no numbers raise a TypeError, which the program catches."""

from multiprocessing import Event, Lock, Queue

if __name__ == "__main__":
    for odd in (1j, ..., "1"):
        for call in (Event().wait, lambda limit: Lock().acquire(True, limit), lambda limit: Queue().get(True, limit)):
            try:
                call(odd)
            except TypeError:
                print("caught", odd)
