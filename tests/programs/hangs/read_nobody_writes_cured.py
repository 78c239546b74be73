"""The ends that are not used are closed."""

import os

if __name__ == "__main__":
    reading, writing = os.pipe()
    child = os.fork()
    os.close(writing)
    if child == 0:
        os.read(reading, 1)
        os._exit(0)
    os.waitpid(child, 0)
