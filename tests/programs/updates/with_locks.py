"""Two that hold a lock, or use one as a signal.

Nothing can be lost, so nothing is found.
"""

from multiprocessing import (
    Array,
    BoundedSemaphore,
    Condition,
    Lock,
    Manager,
    Process,
    RLock,
    Semaphore,
    Value,
)

from counting import PAUSE, both, main, update, way


def under(lock):
    with lock:
        update()


@way
def lock():
    both(under, under, Lock())


@way
def rlock():
    both(under, under, RLock())


@way
def semaphore():
    both(under, under, Semaphore(1))


@way
def manager_lock():
    with Manager() as manager:
        both(under, under, manager.Lock())


@way
def lock_of_a_value():
    both(under, under, Value("i", 0).get_lock())


@way
def lock_of_an_array():
    both(under, under, Array("i", 3))


@way
def lock_of_a_condition():
    both(under, under, Condition())


def tries(lock):
    for _ in range(3):
        while not lock.acquire(timeout=PAUSE):
            pass
        try:
            update()
        finally:
            lock.release()


@way
def lock_with_a_timeout():
    both(tries, tries, Lock())


def fills_under(lock):
    with lock:
        for _ in range(3):
            update()
    for _ in range(3):
        with lock:
            update()


@way
def lock_again_and_again():
    both(fills_under, fills_under, Lock())


def through_a_gate(gate):
    with gate:
        pass
    update()


@way
def gate():
    closed = Lock()
    closed.acquire()
    child = Process(target=through_a_gate, args=(closed,))
    child.start()
    update()
    closed.release()
    child.join()


def hands_on(lock):
    update()
    lock.release()


def waits_for_release(lock):
    lock.acquire()
    update()


@way
def lock_handed_on():
    taken = Lock()
    taken.acquire()
    both(hands_on, waits_for_release, taken)


@way
def semaphore_as_a_signal():
    both(hands_on, waits_for_release, Semaphore(0))


def ping(mine, other):
    for _ in range(3):
        mine.acquire()
        update()
        other.release()


def pong(mine, other):
    ping(other, mine)


@way
def semaphores_in_turns():
    both(ping, pong, Semaphore(1), Semaphore(0))


def within(semaphore):
    for _ in range(3):
        with semaphore:
            update()


@way
def semaphore_for_one():
    both(within, within, BoundedSemaphore(1))


if __name__ == "__main__":
    main()
