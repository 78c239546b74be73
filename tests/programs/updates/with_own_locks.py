"""Locks that the program has made itself: of files, of Values, of what was read before and is looked at again.

Nothing can be lost, so nothing is found.
"""

import contextlib
import os
import time
from multiprocessing import Array, Lock, Process, Value
from pathlib import Path

from counting import PAUSE, both, main, retried, update, way

TIMES = 3


def several(function, *shared):
    """Three processes, each with its number."""
    children = [Process(target=function, args=(number, *shared)) for number in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()


# Of files --------------------------------------------------------------------------------------------------------


def owner_has_ended():
    try:
        os.kill(int(Path("lock").read_text()), 0)
    except ProcessLookupError:
        return True
    except (FileNotFoundError, ValueError):  # given back meanwhile, or not written yet
        pass
    return False


def take_lock_file():
    while True:
        try:
            descriptor = os.open("lock", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            if owner_has_ended():
                with contextlib.suppress(FileNotFoundError):
                    os.unlink("lock")
            time.sleep(PAUSE)
        else:
            os.write(descriptor, str(os.getpid()).encode())
            os.close(descriptor)
            return


def works_under_a_lock_file():
    for _ in range(TIMES):
        take_lock_file()
        try:
            update()
        finally:
            os.unlink("lock")


@way
def lock_file_of_a_process_that_lives():
    both(works_under_a_lock_file, works_under_a_lock_file)


def made_once(number, lock):
    """Whoever comes first makes the file, and looks once more when it has the lock."""
    if not os.path.exists("table"):
        with lock:
            if not os.path.exists("table"):
                Path("table.new").write_text("7")
                os.replace("table.new", "table")
    Path(f"result-{number}").write_text(str(number * int(Path("table").read_text())))


@way
def file_made_by_the_first():
    several(made_once, Lock())


# Of Values -------------------------------------------------------------------------------------------------------


def goes_on_if_unchanged(_, lock, version, total):
    for _ in range(TIMES):
        while True:
            seen, new = version.value, total.value + 1
            with lock:
                if version.value == seen:
                    total.value = new
                    version.value = seen + 1
                    break


@way
def written_if_the_version_is_the_same():
    several(goes_on_if_unchanged, Lock(), Value("i", 0), Value("i", 0))


def improves(number, lock, best):
    for quality in range(number, 12, 3):
        if quality > best.value:
            with lock:
                if quality > best.value:
                    best.value = quality


@way
def best_so_far():
    several(improves, Lock(), Value("i", -1))


def spins(_, word, total):
    for _ in range(TIMES):
        retried(lambda: take_word(word), ValueError)
        total.value += 1
        update()
        word.value = 0


def take_word(word):
    with word.get_lock():
        if word.value:
            raise ValueError("taken")
        word.value = 1


@way
def spin_lock():
    several(spins, Value("i", 0), Value("i", 0))


def waits_for_its_number(_, numbers, served, total):
    for _ in range(TIMES):
        with numbers.get_lock():
            mine = numbers.value
            numbers.value += 1
        while served.value != mine:
            time.sleep(PAUSE)
        total.value = total.value + 10
        served.value += 1


@way
def numbers_in_a_queue():
    several(waits_for_its_number, Value("i", 0), Value("i", 0), Value("i", 0))


def lets_the_other_go_first(me, wants, turn, total):
    """Peterson's algorithm."""
    for _ in range(TIMES):
        wants[me].value = 1
        turn.value = 1 - me
        while wants[1 - me].value and turn.value == 1 - me:
            time.sleep(PAUSE)
        total.value += 1
        wants[me].value = 0


@way
def two_flags_and_a_turn():
    shared = [Value("i", 0), Value("i", 0)], Value("i", 0), Value("i", 0)
    children = [Process(target=lets_the_other_go_first, args=(me, *shared)) for me in (0, 1)]
    for child in children:
        child.start()
    for child in children:
        child.join()


def reads_or_writes(number, mutex, nobody_reads, readers, total):
    """The first reader takes the lock, and the last one releases it, whoever that is. One of three writes."""
    for _ in range(TIMES):
        if number == 0:
            with nobody_reads:
                total.value += 1
            continue
        with mutex:
            readers.value += 1
            if readers.value == 1:
                nobody_reads.acquire()
        assert total.value >= 0
        with mutex:
            readers.value -= 1
            if readers.value == 0:
                nobody_reads.release()


@way
def readers_and_a_writer():
    several(reads_or_writes, Lock(), Lock(), Value("i", 0), Value("i", 0))


def takes_what_is_free(_, lock, free, used):
    for _ in range(TIMES):
        place = retried(lambda: take_place(lock, free), ValueError)
        used[place] += 1
        with lock:
            free[place] = 1


def take_place(lock, free):
    with lock:
        place = list(free).index(1)
        free[place] = 0
    return place


@way
def places_that_are_lent():
    several(takes_what_is_free, Lock(), Array("i", [1, 1]), Array("i", 2))


if __name__ == "__main__":
    main()
