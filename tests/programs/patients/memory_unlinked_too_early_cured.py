"""Main unlinks a block of shared memory when the reader has ended; who looks for it after that knows what to do."""

from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory


def read(name):
    try:
        block = SharedMemory(name)
    except FileNotFoundError:
        print("gone")
    else:
        print(bytes(block.buf[:5]))
        block.close()


if __name__ == "__main__":
    block = SharedMemory(create=True, size=16)
    for gone in (False, True):
        if gone:
            block.close()
            block.unlink()
        reader = Process(target=read, args=(block.name,), name="reader")
        reader.start()
        reader.join()
