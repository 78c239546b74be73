"""Memory that is not what it should be: what a real program had, with words changed at random, leads to no error.

The program changes its memory while it is read, and a structure that is read half before and half after is damaged,
too. Then less is known of it, and that is all.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from procsim.attach import frames, handlers, interpreter, reader, system
from procsim.attach.look import Look, SeenProcess
from procsim.attach.memory import PAGE, WORDS_LIMIT, Memory
from procsim.attach.system import SystemProcess
from procsim.session.attached import seen_in
from tests.test_attach import BETWEEN_LOOKS_SECONDS, running

HAS_ALL = """
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import *

class Account:
    def __init__(self, lock):
        self.lock, self.history = lock, [{"what": lock}]

def work(lock, tasks, results):
    with lock:
        tasks.get()

if __name__ == "__main__":
    lock, again, places, changed, stop = Lock(), RLock(), Semaphore(3), Condition(), Event()
    meeting, tasks, results, simple = Barrier(2), JoinableQueue(), Queue(3), SimpleQueue()
    reader, writer = Pipe(False)
    one, other = Pipe()
    counter, account = Value("i", 0), Account(lock)
    pool, executor = Pool(2), ProcessPoolExecutor(1)
    executor.submit(abs, 1).result()
    threading.Thread(target=pool.apply, args=(stop.wait,), daemon=True).start()
    again.acquire(), again.acquire()
    worker = Process(target=work, args=(lock, tasks), kwargs={"results": results})
    worker.start()
    threading.Thread(target=changed.wait_for, args=(lambda: False,), name="idle", daemon=True)
    print("up", flush=True)
    worker.join()
"""


class Recorded(Memory):
    """Pages that were read of a process; others are not there."""

    def __init__(self, recorded: "Recording", pages: dict[int, bytes]) -> None:
        self.pid, self.mappings, self._all = recorded.pid, recorded.mappings, pages
        self._pages, self._words_left = {}, WORDS_LIMIT

    def __exit__(self, *error: object) -> None:
        """Nothing is open."""

    def read_now(self, address: int, size: int) -> bytes:
        first, last = address // PAGE, (address + size - 1) // PAGE
        data = b"".join(self._all.get(number, b"") for number in range(first, last + 1))
        return data[address % PAGE : address % PAGE + size] if first in self._all else b""


class Recording(Memory):
    """Keeps all pages that are read of a process."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.kept: dict[int, bytes] = {}

    def read_now(self, address: int, size: int) -> bytes:
        data = super().read_now(address, size)
        for number in range(address // PAGE, (address + size - 1) // PAGE + 1):
            if number not in self.kept and len(self.kept) < 1 << 16:
                self.kept[number] = super().read_now(number * PAGE, PAGE)
        return data


@dataclass
class Program:
    """What was recorded of a program."""

    look: Look
    """As it was read at first."""
    processes: dict[int, tuple[SystemProcess, Recording]]


@contextmanager
def as_never_before() -> Iterator[None]:
    """What was learnt of an interpreter is forgotten, so that it is sought for."""
    learnt: list[dict[Any, Any]] = [interpreter._PLACES, interpreter._MAPPED, interpreter._ADDRESSES]
    learnt += [handlers._PLACES, frames._PLACES]
    kept = [dict(each) for each in learnt]
    for each in learnt:
        each.clear()
    yield
    for each, before in zip(learnt, kept, strict=True):
        each.clear()
        each.update(before)


def is_at_rest(look: Look) -> bool:
    """Whether all of its five processes wait."""
    main = look.processes[look.main]
    waiting = [each.threads[pid].blocked for pid, each in look.processes.items()]
    return main.threads[main.pid].wait is not None and bool(main.pools) and len(waiting) == 5 and None not in waiting


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A program that has one of each, and has come to rest."""
    path = tmp_path_factory.mktemp("program") / "has_all.py"
    path.write_text(HAS_ALL)
    with running(path) as pid, as_never_before():
        look = reader.take_look(pid)
        while not is_at_rest(look):
            time.sleep(BETWEEN_LOOKS_SECONDS)
            look = reader.take_look(pid)
        found: dict[int, tuple[SystemProcess, Recording]] = {}
        seen = {}
        for each in look.processes:
            process = system.system_process(each)
            assert process is not None
            memory = Recording(each)
            with memory:
                for _ in range(2):  # also as one reads it of which nothing is known
                    with as_never_before():
                        seen[each] = reader._Reader(process, memory, {}, True).read()
            found[each] = process, memory
        return Program(replace(look, processes=seen), found)


def damaged(pages: dict[int, bytes], numbers: random.Random, share: float) -> dict[int, bytes]:
    """The pages, of which some are others or anything, and the others have about this share of their words changed: to
    zero, to another word of them, or to any.
    """
    every, found = [*pages.values()], {}
    for number, page in pages.items():
        data = bytearray(page if numbers.random() > 5 * share else numbers.choice(every))
        for _ in range(int(len(data) // 8 * share + numbers.random())):
            place, other = (8 * numbers.randrange(len(data) // 8) for _ in range(2))
            words = [bytes(8), numbers.randbytes(8), bytes(data[other : other + 8]), numbers.randbytes(3) + bytes(5)]
            data[place : place + 8] = numbers.choice(words)
        found[number] = bytes(data) if numbers.random() > share else numbers.randbytes(len(data))
    return found


def read(program: Program, numbers: random.Random, share: float) -> dict[int, SeenProcess]:
    """The processes, as they are seen in damaged memory."""
    return {
        pid: reader._Reader(process, Recorded(memory, damaged(memory.kept, numbers, share)), {}, True).read()
        for pid, (process, memory) in program.processes.items()
    }


def test_what_was_recorded_reads_as_it_was(program: Program) -> None:
    with as_never_before():
        found = {
            pid: reader._Reader(process, Recorded(memory, memory.kept), {}, True).read()
            for pid, (process, memory) in program.processes.items()
        }
    for pid, each in program.look.processes.items():
        assert found[pid].holds == each.holds
        assert found[pid].threads[pid].stack == each.threads[pid].stack
    names = {thing.name for each in found.values() for thing in each.objects}
    assert {"lock", "again", "places", "changed", "stop", "meeting", "tasks", "results"} <= names


@pytest.mark.parametrize("share", [0.0, 0.002, 0.03])
@pytest.mark.parametrize("number", [0, *(pytest.param(number, marks=pytest.mark.thorough) for number in range(1, 12))])
def test_words_that_have_changed_lead_to_no_error(program: Program, share: float, number: int) -> None:
    numbers = random.Random(f"{share} {number}")
    for learnt in (False, True):
        if learnt:
            found = read(program, numbers, share)
        else:
            with as_never_before():
                found = read(program, numbers, share)
        look = replace(program.look, processes=found)
        seen_in([look, look])
        seen_in([program.look, look])


def test_a_structure_that_leads_back_to_itself_is_left(program: Program) -> None:
    """Words are changed to addresses that are read, so that lists, frames and threads run in circles."""
    numbers = random.Random("circles")
    for process, memory in program.processes.values():
        addresses = [number * PAGE for number in memory.kept if number < 1 << 35]
        pages = {}
        for number, page in memory.kept.items():
            data = bytearray(page)
            for place in numbers.sample(range(0, len(data) - 7, 8), len(data) // 800):
                address = numbers.choice(addresses) + 8 * numbers.randrange(PAGE // 8)
                data[place : place + 8] = address.to_bytes(8, "little")
            pages[number] = bytes(data)
        reader._Reader(process, Recorded(memory, pages), {}, True).read()


def test_an_interpreter_is_not_believed_to_be_where_it_was(tmp_path: Path) -> None:
    """Each process is asked itself: what another one has shown, is only where it is looked first."""
    path = tmp_path / "waits.py"
    path.write_text("from threading import Event; Event().wait()")
    with running(path) as one, running(path) as other, as_never_before():
        look = {}
        for pid in (one, other):
            while not (found := reader.take_look(pid).processes[pid]).threads[pid].wait:
                time.sleep(BETWEEN_LOOKS_SECONDS)
            look[pid] = found
        interpreter._ADDRESSES.update(dict.fromkeys(interpreter._ADDRESSES, 0x10000))
        handlers._PLACES.update(dict.fromkeys(handlers._PLACES, 0x10000))
        frames._PLACES.update(dict.fromkeys(frames._PLACES, 8))
        again = {pid: reader.take_look(pid).processes[pid] for pid in (one, other)}
    assert all(look[pid].python and again[pid].python == look[pid].python for pid in look)
    assert all(again[pid].handles_interrupts == look[pid].handles_interrupts for pid in look)
