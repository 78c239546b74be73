"""Processes that share memory whose content procsim does not see: SharedMemory, and maps of the system.

Nothing can be lost, so nothing is found.
"""

import mmap
import struct
import time
from multiprocessing import Lock
from multiprocessing.shared_memory import SharedMemory

from counting import FORKED, PAUSE, both, main, update, way


def counts_in_shared_memory(name, lock):
    memory = SharedMemory(name)
    for _ in range(3):
        with lock:
            (count,) = struct.unpack_from("i", memory.buf)
            struct.pack_into("i", memory.buf, 0, count + 1)
            update()
    memory.close()


@way
def shared_memory_with_a_lock():
    memory = SharedMemory(create=True, size=16)
    both(counts_in_shared_memory, counts_in_shared_memory, memory.name, Lock())
    memory.close()
    memory.unlink()


def counts_in_map(memory, lock):
    for _ in range(3):
        with lock:
            memory[0] = memory[0] + 1
            update()


@way
def map_with_a_lock():
    both(counts_in_map, counts_in_map, mmap.mmap(-1, 16), Lock(), process=FORKED)


def sets_map(memory):
    update()
    memory[0] = 1


def polls_map(memory):
    while memory[0] == 0:
        time.sleep(PAUSE)
    update()


@way
def map_as_a_flag():
    both(sets_map, polls_map, mmap.mmap(-1, 16), process=FORKED)


def sets_map_of_a_file():
    with open("map", "r+b") as file, mmap.mmap(file.fileno(), 16) as memory:
        sets_map(memory)


def polls_map_of_a_file():
    with open("map", "r+b") as file, mmap.mmap(file.fileno(), 16) as memory:
        polls_map(memory)


@way
def map_of_a_file_as_a_flag():
    with open("map", "wb") as file:
        file.write(bytes(16))
    both(sets_map_of_a_file, polls_map_of_a_file)


if __name__ == "__main__":
    main()
