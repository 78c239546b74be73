"""Of each of two groups, the first that comes acquires a lock, and the last that goes releases it.

Whoever waits for it holds the lock of all the counts, and so nobody can go. With `cured` each group counts under a lock
of its own. Two more processes look at the first count.
"""

import sys
from multiprocessing import Lock, Process, Value
from typing import Any


def come_and_go(counting: Any, count: Any, shared: Any) -> None:
    with counting:
        count.value += 1
        if count.value == 1:
            shared.acquire()
    with counting:
        count.value -= 1
        if count.value == 0:
            shared.release()


def look(counting: Any, count: Any) -> None:
    with counting:
        assert count.value >= 0


if __name__ == "__main__":
    counting, shared = Lock(), Lock()
    other_counting = Lock() if sys.argv[1:] == ["cured"] else counting
    count, other_count = Value("i", 0), Value("i", 0)
    processes = [
        Process(target=come_and_go, args=(counting, count, shared), name="first"),
        Process(target=come_and_go, args=(other_counting, other_count, shared), name="second"),
        Process(target=look, args=(counting, count), name="looks-1"),
        Process(target=look, args=(counting, count), name="looks-2"),
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
