"""One sets a flag in shared memory or in a manager, which the other polls.

Nothing can be lost, so nothing is found.
"""

import time
from multiprocessing import (
    Manager,
    RawValue,
    Value,
    shared_memory,
)

from counting import PAUSE, both, main, update, way


def raises_flag(flag):
    update()
    flag.value = 1


def polls_flag(flag):
    while not flag.value:
        time.sleep(PAUSE)
    update()


@way
def value():
    both(raises_flag, polls_flag, Value("i", 0))


@way
def raw_value():
    both(raises_flag, polls_flag, RawValue("i", 0))


@way
def namespace():
    with Manager() as manager:
        both(raises_flag, polls_flag, manager.Namespace(value=0))


def marks(shared):
    update()
    shared["done"] = True


def polls_mark(shared):
    while not shared.get("done"):
        time.sleep(PAUSE)
    update()


@way
def manager_dict():
    with Manager() as manager:
        both(marks, polls_mark, manager.dict())


def appends(shared):
    update()
    shared.append("done")


def polls_list(shared):
    while len(shared) == 1 or shared[1] != "done":
        time.sleep(PAUSE)
    update()


@way
def manager_list():
    with Manager() as manager:
        both(appends, polls_list, manager.list(["begun"]))


def marks_by_update(shared):
    update()
    shared.update(done=True)


@way
def manager_dict_updated():
    with Manager() as manager:
        both(marks_by_update, polls_mark, manager.dict())


def marks_at_an_odd_key(shared):
    update()
    shared[0.5] = True


def polls_an_odd_key(shared):
    while not shared.get(0.5):
        time.sleep(PAUSE)
    update()


@way
def manager_dict_with_an_odd_key():
    with Manager() as manager:
        both(marks_at_an_odd_key, polls_an_odd_key, manager.dict())


def writes_memory(name):
    memory = shared_memory.SharedMemory(name)
    update()
    memory.buf[0] = 1
    memory.close()


def polls_memory(name):
    memory = shared_memory.SharedMemory(name)
    while not memory.buf[0]:
        time.sleep(PAUSE)
    update()
    memory.close()


@way
def memory():
    memory = shared_memory.SharedMemory(create=True, size=8)
    both(writes_memory, polls_memory, memory.name)
    memory.close()
    memory.unlink()


if __name__ == "__main__":
    main()
