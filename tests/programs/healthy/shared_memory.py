"""Shared memory, and an event that says when it is filled."""

import time
from multiprocessing import Event, Process
from multiprocessing.shared_memory import SharedMemory


def fill(name, filled):
    memory = SharedMemory(name)
    time.sleep(1.5)
    memory.buf[0] = 42
    memory.close()
    filled.set()


if __name__ == "__main__":
    memory, filled = SharedMemory(create=True, size=16), Event()
    child = Process(target=fill, args=(memory.name, filled))
    child.start()
    filled.wait()
    print(memory.buf[0])
    child.join()
    memory.close()
    memory.unlink()
