"""main asks for the result, and so learns of the error."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Event


def keep(event):
    global ready
    ready = event


def load(name):
    size = {"a": 1}[name]
    ready.set()
    return size


if __name__ == "__main__":
    loaded = Event()
    with ProcessPoolExecutor(1, initializer=keep, initargs=(loaded,)) as executor:
        try:
            executor.submit(load, "b").result()
        except KeyError:
            print("b is not there")
