"""Processes that share Values, Arrays and what is in a manager, and lose nothing in any order: nothing is found."""

import time
from multiprocessing import Array, Lock, Manager, Pool, Process, Queue, RLock, Value

from counting import PAUSE, both, main, update, way


def counts(counter):
    for _ in range(3):
        with counter.get_lock():
            counter.value += 1


@way
def lock_of_the_value():
    both(counts, counts, Value("i", 0))


def first_element(cells):
    cells[0] += 1


def second_element(cells):
    cells[1] += 1


@way
def elements_of_their_own():
    both(first_element, second_element, Array("i", 4))


def counts_and_tells(counter, queue):
    counter.value += 1
    queue.put("done")


def hears_and_counts(counter, queue):
    queue.get()
    counter.value += 1


@way
def queue():
    both(counts_and_tells, hears_and_counts, Value("i", 0), Queue())


def even(counter):
    turns(counter, 0)


def odd(counter):
    turns(counter, 1)


def turns(counter, rest):
    for _ in range(3):
        while counter.value % 2 != rest:
            time.sleep(PAUSE)
        counter.value += 1


@way
def turns_by_the_value():
    both(even, odd, Value("i", 0))


@way
def main_polls_and_counts():
    counter = Value("i", 0)
    children = [Process(target=counts, args=(counter,)) for _ in range(2)]
    for child in children:
        child.start()
    while counter.value < 6:
        time.sleep(PAUSE)
    counter.value += 1
    for child in children:
        child.join()


def adds(shared, lock):
    with lock:
        shared["sum"] += 1


@way
def entry_under_a_lock():
    with Manager() as manager:
        both(adds, adds, manager.dict(sum=0), Lock())


@way
def entry_under_a_lock_of_the_manager():
    with Manager() as manager:
        both(adds, adds, manager.dict(sum=0), manager.Lock())


def first_entry(shared):
    shared["first"] = shared.get("first", 0) + 1


def second_entry(shared):
    shared["second"] = shared.get("second", 0) + 1


@way
def entries_of_their_own():
    with Manager() as manager:
        both(first_entry, second_entry, manager.dict())


def adds_and_marks(shared):
    shared["sum"] += 1
    shared["done"] = True


def sees_the_mark_and_adds(shared):
    while "done" not in shared:
        time.sleep(PAUSE)
    shared["sum"] += 1


@way
def entry_as_a_flag():
    with Manager() as manager:
        both(adds_and_marks, sees_the_mark_and_adds, manager.dict(sum=0))


def counts_with(value, lock):
    for _ in range(3):
        with lock:
            value.value += 1


@way
def value_with_a_lock_beside():
    both(counts_with, counts_with, Value("i", 0), Lock())


@way
def value_with_the_lock_given():
    lock = RLock()
    both(counts_with, counts_with, Value("i", 0, lock=lock), lock)


def first_slice(numbers):
    numbers[0:4] = [each + 1 for each in numbers[0:4]]


def second_slice(numbers):
    numbers[4:8] = [each + 1 for each in numbers[4:8]]


@way
def slices_of_an_array():
    both(first_slice, second_slice, Array("i", 8))


def adds_to_namespace(namespace, lock):
    for _ in range(3):
        with lock:
            namespace.sum += 1


@way
def namespace_with_a_lock():
    with Manager() as manager:
        namespace = manager.Namespace()
        namespace.sum = 0
        both(adds_to_namespace, adds_to_namespace, namespace, manager.RLock())


def appends(numbers):
    for number in range(3):
        numbers.append(number)


@way
def list_that_grows():
    with Manager() as manager:
        both(appends, appends, manager.list())


def keep(value, lock):
    global _value, _lock
    _value, _lock = value, lock


def counts_kept(number):
    with _lock:
        _value.value += number


@way
def initializer_of_a_pool():
    value, lock = Value("i", 0), Lock()
    with Pool(3, keep, (value, lock)) as pool:
        pool.map(counts_kept, range(9), chunksize=1)
    value.value += 1


def counts_kept_alone(number):
    with _value.get_lock():
        _value.value += number


@way
def results_of_a_pool():
    value = Value("i", 0)
    with Pool(2, keep, (value, None)) as pool:
        for _ in pool.imap_unordered(counts_kept_alone, range(6)):
            pass
    value.value += 1


def sets_a_number(value, ready):
    value.value = value.value + 41
    ready.value = 1


def adds_when_ready(value, ready):
    while not ready.value:
        time.sleep(PAUSE)
    value.value += 1


@way
def flag_beside_a_value():
    both(sets_a_number, adds_when_ready, Value("i", 0), Value("b", 0))


def counts_last(value):
    with value.get_lock():
        value.value -= 1
        last = value.value == 0
    if last:
        update()


def counts_and_updates(value):
    with value.get_lock():
        update()
    counts_last(value)


@way
def last_one_cleans_up():
    value = Value("i", 3)
    children = [Process(target=counts_and_updates, args=(value,)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()


if __name__ == "__main__":
    main()
