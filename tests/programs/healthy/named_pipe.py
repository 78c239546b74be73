"""A child waits at a named pipe, another for a lock on a file."""

import fcntl
import os
import tempfile
import time
from multiprocessing import Process


def read(path):
    with open(path) as file:
        print(file.read())


def lock(path):
    with open(path, "w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        print("has the file")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        pipe, file = f"{folder}/pipe", f"{folder}/file"
        os.mkfifo(pipe)
        with open(file, "w") as held:
            fcntl.lockf(held, fcntl.LOCK_EX)
            children = [Process(target=read, args=(pipe,)), Process(target=lock, args=(file,))]
            for child in children:
                child.start()
            time.sleep(1.5)
        with open(pipe, "w") as writing:
            writing.write("hello")
        for child in children:
            child.join()
