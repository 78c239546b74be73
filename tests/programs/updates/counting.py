"""A file that processes change, the ways in which they do, and the command line that chooses one.

PROGRAM.py WAY, or without one: the names of all ways
"""

import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing import Process
from pathlib import Path

FILE = "count.txt"
PAUSE = 0.002
"""seconds between two looks of those that poll"""

FORKED = multiprocessing.get_context("fork").Process
"""For what only a fork inherits, such as the ends of a pipe of the system."""

WAYS = {}


def way(function):
    """One of the ways of a program."""
    WAYS[function.__name__] = function
    return function


def update(*_):
    """Read the count, and write one more."""
    with open(FILE) as file:
        count = int(file.read())
    with open(FILE, "w") as file:
        file.write(str(count + 1))


def both(first, second, *shared, process=Process):
    """Two processes at once."""
    children = [process(target=first, args=shared, name="first"), process(target=second, args=shared, name="second")]
    for child in children:
        child.start()
    for child in children:
        child.join()


def replace_file(path, text):
    """Write a file beside it, and rename that."""
    descriptor, name = tempfile.mkstemp(dir=".")
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.replace(name, path)


def retried(action, error):
    """What it returns as soon as it does not raise this error."""
    while True:
        try:
            return action()
        except error:
            time.sleep(PAUSE)


def main():
    """Go the way that the command line names, in a folder of its own."""
    if len(sys.argv) < 2:
        print(*WAYS)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path(FILE).write_text("0")
        WAYS[sys.argv[1]]()
        os.chdir("/")


if __name__ == "__main__":
    update()
