"""Main tries to open a file until it is there, and the process that was to write it has failed.

Wanted, as probable: main looks whether out.txt is there, and writer ended by an exception.
"""

import time
from multiprocessing import Process


def write(rows):
    first = rows[0]  # raises
    with open("out.txt", "w") as file:
        file.write(first)


if __name__ == "__main__":
    writer = Process(target=write, args=([],), name="writer")
    writer.start()
    text = None
    while text is None:
        try:
            with open("out.txt") as file:  # asks
                text = file.read()
        except FileNotFoundError:
            time.sleep(0.2)
