"""A driver is stopped while another process is about to use it: that one looked whether it may before it said it does.

With `cured`, it says so first and looks then.
"""

import sys
from multiprocessing import Event, Process, Value
from typing import Any


def enter(stopping: Any, users: Any, cured: bool) -> bool:
    if not cured and stopping.value:
        return False
    with users.get_lock():
        users.value += 1
    return not (cured and stopping.value)


def leave(users: Any, nobody_left: Any) -> None:
    with users.get_lock():
        users.value -= 1
        left = users.value
    if left == 0:
        nobody_left.set()


def use(stopping: Any, users: Any, nobody_left: Any, stopped: Any, cured: bool) -> None:
    if enter(stopping, users, cured):
        assert not stopped.value, "the driver was used after it had been stopped"
    elif not cured:
        return
    leave(users, nobody_left)


def stop(stopping: Any, users: Any, nobody_left: Any, stopped: Any) -> None:
    stopping.value = 1
    leave(users, nobody_left)
    nobody_left.wait()
    stopped.value = 1


if __name__ == "__main__":
    stopping, users, nobody_left, stopped = Value("i", 0), Value("i", 1), Event(), Value("i", 0)
    processes = [
        Process(target=use, args=(stopping, users, nobody_left, stopped, sys.argv[1:] == ["cured"]), name="user"),
        Process(target=stop, args=(stopping, users, nobody_left, stopped), name="stopper"),
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
