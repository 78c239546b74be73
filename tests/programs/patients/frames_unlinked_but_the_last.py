"""A camera shares each frame in a block of its own, and unlinks it when the next one is made: never the last one.

Wanted: shared memory that camera made at its line was never unlinked; 1 block.
"""

from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory


def record(frames):
    last = None
    for number in range(frames):
        frame = SharedMemory(create=True, size=64)  # makes
        frame.buf[0] = number
        if last is not None:
            last.unlink()
        frame.close()
        last = frame


if __name__ == "__main__":
    camera = Process(target=record, args=(3,), name="camera")
    camera.start()
    camera.join()
