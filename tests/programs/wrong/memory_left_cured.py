"""The same, but main unlinks it at last."""

from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory


def fill(name):
    block = SharedMemory(name)
    block.buf[:5] = b"hello"
    block.close()


if __name__ == "__main__":
    block = SharedMemory(create=True, size=1024)
    worker = Process(target=fill, args=(block.name,), name="worker")
    worker.start()
    worker.join()
    print(bytes(block.buf[:5]))
    block.close()
    block.unlink()
