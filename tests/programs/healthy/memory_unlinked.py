"""Blocks of shared memory that are unlinked by main, by another process, by their manager, or left on purpose."""

import contextlib
import os
from multiprocessing import Process, resource_tracker
from multiprocessing.managers import SharedMemoryManager
from multiprocessing.shared_memory import ShareableList, SharedMemory


def unlink(name):
    block = SharedMemory(name)
    block.close()
    block.unlink()


if __name__ == "__main__":
    resource_tracker.ensure_running()
    own, given, kept = (SharedMemory(create=True, size=64) for _ in range(3))
    worker = Process(target=unlink, args=(given.name,))
    worker.start()
    worker.join()
    words = ShareableList(["a", "b"])
    with SharedMemoryManager() as manager:
        shared, numbers = manager.SharedMemory(64), manager.ShareableList([1, 2])
        print(shared.size >= 64, numbers[1])
        shared.close()
        numbers.shm.close()
    resource_tracker.unregister(kept._name, "shared_memory")  # another program is to find it
    print(list(words))
    words.shm.close()
    words.shm.unlink()
    for block in (own, given, kept):
        block.close()
    own.unlink()
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"/dev/shm/{kept.name}")  # which leaves nothing behind, either
