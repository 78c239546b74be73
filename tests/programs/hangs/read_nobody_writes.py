"""A forked child reads from a pipe whose writing end it has open itself."""

import os

if __name__ == "__main__":
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reading, 1)
        os._exit(0)
    os.waitpid(child, 0)
