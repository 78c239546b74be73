"""A forked child sleeps, and main waits for it with waitpid and at a pipe."""

import os
import time

if __name__ == "__main__":
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        time.sleep(1.5)
        os.write(writing, b"x")
        os._exit(0)
    os.close(writing)
    print(os.read(reading, 1), os.read(reading, 1))
    os.waitpid(child, 0)
