"""Processes that change a Value, an element of an Array or an entry of a dict one after the other by luck."""

from multiprocessing import Array, Manager, Value

from by_luck import luck_comes, wait_for_luck
from counting import WAYS, both, main, way

WAYS.clear()


def first_counts(counter):
    counter.value += 1
    luck_comes()


def second_counts(counter):
    wait_for_luck()
    counter.value += 1


@way
def value():
    both(first_counts, second_counts, Value("i", 0))


@way
def value_of_a_manager():
    with Manager() as manager:
        both(first_counts, second_counts, manager.Value("i", 0))


def first_element(cells):
    cells[0] += 1
    luck_comes()


def second_element(cells):
    wait_for_luck()
    cells[0] += 1


@way
def element():
    both(first_element, second_element, Array("i", 4))


def first_adds(shared):
    shared["sum"] += 1
    luck_comes()


def second_adds(shared):
    wait_for_luck()
    shared["sum"] += 1


@way
def entry():
    with Manager() as manager:
        both(first_adds, second_adds, manager.dict(sum=0))


if __name__ == "__main__":
    main()
