"""Processes that change a file one after the other by luck: what orders them in this run orders nothing in the next.

The luck is made here: one looks for a file by a function of C, which procsim does not see, until the other has made it.
"""

import _json
import ctypes
import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Condition, Event, Lock, Pipe, Pool, Process, Queue, RLock, Semaphore
from pathlib import Path

from counting import FILE, main, update, way

LIBC = ctypes.CDLL(None)


def luck_comes(name=b"luck"):
    LIBC.close(LIBC.creat(name, 0o600))


def wait_for_luck(name=b"luck"):
    while LIBC.access(name, os.F_OK):
        LIBC.usleep(1000)


def both(first, second, *shared):
    """Two processes at once: neither begins before both are started, or main might see the first one's end before."""
    functions = {"first": first, "second": second}
    children = [Process(target=begin, args=(function, *shared), name=name) for name, function in functions.items()]
    for child in children:
        child.start()
    luck_comes(b"both")
    for child in children:
        child.join()


def begin(function, *shared):
    wait_for_luck(b"both")
    function(*shared)


def first(*_):
    update()
    luck_comes()


def second(*_):
    wait_for_luck()
    update()


@way
def bare():
    both(first, second)


@way
def beside_a_library_that_only_computes():
    shutil.copy(_json.__file__, "library.so")
    ctypes.CDLL(os.path.abspath("library.so"))
    both(first, second)


# Locks that keep nobody out ------------------------------------------------------------------------------------


def first_prints(lock):
    update()
    with lock:
        print("first")
    luck_comes()


def second_prints(lock):
    wait_for_luck()
    with lock:
        print("second")
    update()


@way
def lock_around_a_print():
    both(first_prints, second_prints, Lock())


@way
def rlock_around_a_print():
    both(first_prints, second_prints, RLock())


@way
def condition_around_a_print():
    both(first_prints, second_prints, Condition())


def in_two_parts(lock):
    with lock, open(FILE) as file:
        count = int(file.read())
    with lock, open(FILE, "w") as file:
        file.write(str(count + 1))


def first_in_two_parts(lock):
    in_two_parts(lock)
    luck_comes()


def second_in_two_parts(lock):
    wait_for_luck()
    in_two_parts(lock)


@way
def lock_for_each_half():
    both(first_in_two_parts, second_in_two_parts, Lock())


def written_late(lock):
    file = open(FILE, "r+")  # noqa: SIM115 - it is closed late
    with lock:
        count = int(file.read())
        file.seek(0)
        file.write(str(count + 1))
    file.close()  # here it is written


def first_written_late(lock):
    written_late(lock)
    luck_comes()


def second_written_late(lock):
    wait_for_luck()
    written_late(lock)


@way
def lock_released_before_it_is_written():
    both(first_written_late, second_written_late, Lock())


def first_with_its_own(*_):
    with Lock():
        update()
    luck_comes()


def second_with_its_own(*_):
    wait_for_luck()
    with Lock():
        update()


@way
def locks_of_their_own():
    both(first_with_its_own, second_with_its_own)


def first_with_a(a, b):
    with a:
        update()
    luck_comes()


def second_with_b(a, b):
    wait_for_luck()
    with b:
        update()


@way
def two_locks():
    both(first_with_a, second_with_b, Lock(), Lock())


def second_without(a, b):
    second()


@way
def one_without_the_lock():
    both(first_with_a, second_without, Lock(), Lock())


def first_with_a_semaphore(two):
    with two:
        update()
    luck_comes()


def second_with_a_semaphore(two):
    wait_for_luck()
    with two:
        update()


@way
def semaphore_for_two():
    both(first_with_a_semaphore, second_with_a_semaphore, Semaphore(2))


# What is used, and orders nothing --------------------------------------------------------------------------------


def puts_before(queue):
    queue.put("early")
    first()


def gets_after(queue):
    wait_for_luck()
    queue.get()
    update()


@way
def put_too_early():
    both(puts_before, gets_after, Queue())


def sets_before(event):
    event.set()
    first()


def waits_for_it(event):
    wait_for_luck()
    event.wait()
    update()


@way
def event_set_too_early():
    both(sets_before, waits_for_it, Event())


def sends_before(one, other):
    one.send("early")
    first()


def receives_after(one, other):
    wait_for_luck()
    other.recv()
    update()


@way
def sent_too_early():
    both(sends_before, receives_after, *Pipe())


def starts_another():
    child = Process(target=print)
    child.start()
    child.join()


def first_after_another():
    starts_another()
    first()


def second_after_another():
    wait_for_luck()
    starts_another()
    update()


@way
def each_with_a_child():
    both(first_after_another, second_after_another)


@way
def main_beside_a_child():
    child = Process(target=first, name="first")
    child.start()
    second()
    child.join()


@way
def child_beside_main():
    child = Process(target=second, name="second")
    child.start()
    first()
    child.join()


@way
def started_late():
    early = Process(target=first, name="first")
    early.start()
    wait_for_luck()
    late = Process(target=update, name="second")
    late.start()
    late.join()
    early.join()


@way
def three():
    children = [Process(target=each) for each in (first, second, reads)]
    for child in children:
        child.start()
    for child in children:
        child.join()


def reads():
    Path(FILE).read_text()


# Ways to write ---------------------------------------------------------------------------------------------------


def in_place():
    with open(FILE, "r+") as file:
        count = int(file.read())
        file.seek(0)
        file.write(str(count + 1))


def first_in_place():
    in_place()
    luck_comes()


def second_in_place():
    wait_for_luck()
    in_place()


@way
def opened_once():
    both(first_in_place, second_in_place)


def with_json():
    with open("state.json") as file:
        state = json.load(file)
    state["count"] += 1
    with open("state.json", "w") as file:
        json.dump(state, file)


def first_with_json():
    with_json()
    luck_comes()


def second_with_json():
    wait_for_luck()
    with_json()


@way
def json_file():
    Path("state.json").write_text(json.dumps({"count": 0, "names": ["a"] * 4000}))
    both(first_with_json, second_with_json)


def by_path():
    if Path(FILE).exists():
        Path(FILE).write_text(str(int(Path(FILE).read_text()) + 1))


def first_by_path():
    by_path()
    luck_comes()


def second_by_path():
    wait_for_luck()
    by_path()


@way
def path_looked_at_first():
    both(first_by_path, second_by_path)


# Pools -----------------------------------------------------------------------------------------------------------


def task(number):
    (second if number else first)()


@way
def pool():
    with Pool(2) as workers:
        workers.map(task, [1, 0], chunksize=1)


@way
def executor():
    with ProcessPoolExecutor(2) as workers:
        list(workers.map(task, [1, 0]))


if __name__ == "__main__":
    main()
