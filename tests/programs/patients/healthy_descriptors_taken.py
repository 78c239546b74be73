"""Healthy: closes all descriptors that it can reach, as a daemon does, and opens files of its own instead."""

import os
import resource
import tempfile
from multiprocessing import Lock

if __name__ == "__main__":
    lock = Lock()
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    os.closerange(3, 256)
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, str(number)) for number in range(230)]
        files = [os.open(name, os.O_WRONLY | os.O_CREAT) for name in names]
        for _ in range(3):
            with lock:
                pass
        for file in files:
            os.write(file, b"mine")
            os.close(file)
        contents = set()
        for name in names:
            with open(name, "rb") as file:
                contents.add(file.read())
    print(contents)
