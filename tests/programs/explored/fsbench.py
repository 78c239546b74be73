"""Processes each look for a free block for a file of their own, under a lock for each file and each block.

There is one process more than there are blocks, which does not begin again at the first one. With `cured` there are as
many as blocks, and they begin again.
"""

import sys
from multiprocessing import Array, Lock, Process
from typing import Any

BLOCKS = 2


def make(number: int, file_locks: Any, files: Any, block_locks: Any, used: Any, cured: bool) -> None:
    with file_locks[number]:
        if files[number]:
            return
        block = number * 2 % BLOCKS
        while True:
            assert block < BLOCKS, "no block is left"
            with block_locks[block]:
                if not used[block]:
                    used[block] = 1
                    files[number] = block + 1
                    return
            block += 1
            if cured:
                block %= BLOCKS


if __name__ == "__main__":
    cured = sys.argv[1:] == ["cured"]
    number = BLOCKS if cured else BLOCKS + 1
    file_locks, block_locks = [Lock() for _ in range(number)], [Lock() for _ in range(BLOCKS)]
    files, used = Array("i", number, lock=True), Array("i", BLOCKS, lock=True)
    processes = [
        Process(target=make, args=(index, file_locks, files, block_locks, used, cured), name=f"maker-{index + 1}")
        for index in range(number)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
