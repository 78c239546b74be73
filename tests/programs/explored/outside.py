"""Writes a file in the folder where it runs, and one that is named on its command line."""

import sys
from multiprocessing import Process
from pathlib import Path


def write(path: str) -> None:
    Path(path).write_text("written")


if __name__ == "__main__":
    write("inside.txt")
    writer = Process(target=write, args=(sys.argv[1],), name="writer")
    writer.start()
    writer.join()
