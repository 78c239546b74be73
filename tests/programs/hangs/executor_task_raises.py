"""The task that was to set the event raises before it does, and nobody asks the Future for its result."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Event


def keep(event):
    global ready
    ready = event


def load(name):
    size = {"a": 1}[name]  # raises
    ready.set()
    return size


if __name__ == "__main__":
    loaded = Event()
    with ProcessPoolExecutor(1, initializer=keep, initargs=(loaded,)) as executor:  # made
        executor.submit(load, "b")
        loaded.wait()  # waits
