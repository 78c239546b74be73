"""Main unlinks a block of shared memory before the reader has opened it.

Wanted: reader did not find it, since main had unlinked it, at its line.
"""

from multiprocessing import Event, Process
from multiprocessing.shared_memory import SharedMemory


def read(name, go):
    go.wait()
    block = SharedMemory(name)  # raises
    print(bytes(block.buf[:5]))
    block.close()


if __name__ == "__main__":
    go = Event()
    block = SharedMemory(create=True, size=16)
    reader = Process(target=read, args=(block.name, go), name="reader")
    reader.start()
    block.close()
    block.unlink()  # unlinked
    go.set()
    reader.join()
