"""Futures of an executor have exceptions, and nobody asks: the program says that all is well, exit code 0.

Wanted: 3 of 3 results of resize, submitted at its line, came as an exception that nobody has asked for; the first:
FileNotFoundError, raised at its line.
"""

from concurrent.futures import ProcessPoolExecutor


def resize(path):
    return open(path).read()  # raises


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        for name in ("a.png", "b.png", "c.png"):
            executor.submit(resize, f"/no/such/{name}")  # submits
    print("all resized")
