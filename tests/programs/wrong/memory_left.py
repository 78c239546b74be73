"""Main makes a block of shared memory, a worker fills it; both close it, and nobody unlinks it."""

from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory


def fill(name):
    block = SharedMemory(name)
    block.buf[:5] = b"hello"
    block.close()


if __name__ == "__main__":
    block = SharedMemory(create=True, size=1024)  # makes
    worker = Process(target=fill, args=(block.name,), name="worker")
    worker.start()
    worker.join()
    print(bytes(block.buf[:5]))
    block.close()
