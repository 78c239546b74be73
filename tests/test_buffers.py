"""The buffers between real processes: nothing lost or torn, whatever becomes of a writer; and their order."""

import _codecs
import ctypes
import marshal
import mmap
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procsim.intake.memory_reader import BufferReader
from procsim.intake.sequencer import Sequencer
from procsim.intake.slot_decoder import SlotDecoder
from procsim.wire.events import Event
from procsim.wire.interned import (
    INTERNED_LIMIT,
    WORD,
    definition,
    head_of,
    new_commit_mark,
    occurrence,
    pack_occurrence,
    padded,
)
from procsim.wire.mapped_file import mapped
from procsim.wire.memory import PART_SIZE, PARTS, SLOT_SIZE, Buffers
from procsim.wire.pipe import ITEM_LIMIT, OwnDescriptor, record_of

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no files in memory")

COUNT = 20_000
"""Records that go several times through a slot."""


def record(name: int, number: int) -> bytes:
    """Of every size up to the limit, and known to the reader: an event of "process" `name`."""
    return record_of(marshal.dumps((number, "record", name, padding(number), "", None, None, {}), 2))


def what_varies(name: int) -> tuple[Any, ...]:
    """An event of that process whose value varies, ready to be interned."""
    return ("occurrence", name, "", "", None, None, ("value",))


def padding(number: int) -> str:
    return chr(number % 251 % 128) * (number * 37 % (ITEM_LIMIT - 64 if number % 50 == 0 else 200))


class Writer:
    """Says one thing after the other: as records, and as occurrences with a small integer, or with text."""

    def __init__(self, buffers: Buffers, name: int) -> None:
        self.buffers = buffers
        self.name = name
        self.head = 0

    def say(self, number: int) -> bool:
        if number % 7 and self.head:
            try:
                self.repeat(number)
            except ValueError:
                pass  # there is no room, which `put` then looks for
            else:
                return True
        said = self.buffers.put(record(self.name, number))
        self.head = self.head or self.buffers.intern(what_varies(self.name))
        return said

    def repeat(self, number: int) -> None:
        write, value = self.buffers.write, number if number % 3 else (padding(number)[:100],)
        write(occurrence(self.head, number + 1, value))
        if value is not number:
            self.buffers.commit(write)


def put_all(folder: str, name: int, count: int) -> None:
    """Say so many things, each as soon as there is room."""
    writer = Writer(Buffers(folder, records_before_slot=0), name)
    for number in range(count):
        while not writer.say(number):
            pass


def put_for_ever(folder: str, name: int) -> None:
    put_all(folder, name, sys.maxsize)


class Reading:
    """The reading side, and what it has read: the numbers that each writer put."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.reader = BufferReader(folder)
        self.numbers: dict[int, list[int]] = defaultdict(list)
        self.occurrences = 0

    def read(self) -> int:
        """Take in what is there. Returns how many records."""
        events = [event for decoder, data in self.reader.read() for event in decoder.events(data, 0)]
        for event in events:
            number = event.t
            if event.kind == "occurrence":
                number -= 1
                assert event.fields == {"value": number if number % 3 else padding(number)[:100]}, "torn"
                self.occurrences += 1
            else:
                assert event.process == padding(number), "torn"
            self.numbers[event.pid].append(number)
        return len(events)


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[Reading]:
    reading = Reading(str(tmp_path))
    yield reading
    for writer in multiprocessing.active_children():  # where the test has failed, they would wait for room for ever
        writer.kill()
    reading.reader.close()


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
def test_writers_lose_and_tear_nothing_and_each_keeps_its_order(start_method: str, reading: Reading) -> None:
    context: Any = multiprocessing.get_context(start_method)
    writers = [context.Process(target=put_all, args=(reading.folder, name, COUNT)) for name in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        reading.read()
    reading.read()
    assert reading.numbers == {name: list(range(COUNT)) for name in range(3)}
    assert reading.occurrences > COUNT


def test_what_killed_writers_have_put_is_there_and_none_of_it_torn(reading: Reading) -> None:
    fork = multiprocessing.get_context("fork")
    chance = random.Random(4711)
    for name in range(20):
        writer = fork.Process(target=put_for_ever, args=(reading.folder, name))
        writer.start()
        wanted = chance.randrange(1, 5_000)
        while len(reading.numbers[name]) < wanted:
            reading.read()
        writer.kill()
        writer.join()
        reading.read()
        assert reading.numbers[name] == list(range(len(reading.numbers[name])))
        assert writer.pid is not None
        reading.reader.forget(writer.pid)


def test_threads_of_one_process_lose_nothing(reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)
    refused: list[tuple[int, int]] = []
    all_begin_at_once = threading.Barrier(6)

    def put_in_order(name: int) -> None:
        all_begin_at_once.wait()
        writer = Writer(buffers, name)
        for number in range(5_000):
            if not writer.say(number):
                refused.append((name, number))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=put_in_order, args=(name,)) for name in range(6)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            reading.read()
        reading.read()
    finally:
        sys.setswitchinterval(interval)
    for name, number in refused:
        reading.numbers[name].append(number)
    for name in range(6):
        assert sorted(reading.numbers[name]) == list(range(5_000))


class Raised(Exception):
    pass


def test_what_a_signal_handler_raises_passes_through_and_tears_nothing(reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)
    interrupted = 0
    inside: list[FrameType] = []

    def interrupt(_number: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_locals.get("self") is buffers and not inside:
            inside.append(frame)
            buffers.put(record(1, interrupted))  # in the middle of another put
            inside.clear()
            raise Raised

    signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.0003, 0.0003)
    put: list[int] = []
    number = 0
    try:
        while interrupted < 20:
            number += 1
            try:
                if buffers.put(record(0, number)):
                    put.append(number)
                elif number % 3:
                    reading.read()
            except Raised:
                interrupted += 1
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, signal.SIG_IGN)
    while not buffers.put(record(2, 0)):
        reading.read()
    reading.read()
    assert set(put) <= set(reading.numbers[0])
    assert reading.numbers[0] == sorted(set(reading.numbers[0]))
    assert reading.numbers[2] == [0]


def test_a_signal_handler_may_raise_whenever_a_part_is_full(reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)

    class Interrupted(list[object]):
        """Python runs signal handlers when it has called something."""

        def append(self, claim: object) -> None:
            super().append(claim)
            raise Raised

    buffers._own.claims = Interrupted()
    with pytest.raises(Raised):
        buffers.put(record(0, 0))
    buffers._own.claims = list(buffers._own.claims)
    assert buffers.put(record(0, 0))


def test_a_record_is_not_read_before_it_is_whole(reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)
    assert buffers.put(record(0, 0))
    assert reading.read() == 1
    whole = record(0, 1)
    buffers.write(padded(whole))
    assert reading.read() == 0
    buffers.commit(buffers.write)
    assert reading.read() == 1


def test_an_occurrence_is_not_read_before_it_is_whole(reading: Reading) -> None:
    writer = Writer(Buffers(reading.folder, records_before_slot=0), 0)
    assert writer.say(0)
    assert reading.read() == 1
    for missing in (1, 2):  # words; in which order memory takes them up, nobody says
        kept = occurrence(writer.head, 2, 1)[: -WORD * missing]
        writer.buffers.write(kept)
        assert reading.read() == 0
        assert isinstance(writer.buffers.write.__self__, mmap.mmap)  # type: ignore[attr-defined]
        writer.buffers.write.__self__.seek(-len(kept), os.SEEK_CUR)  # type: ignore[attr-defined]
    writer.repeat(1)
    assert reading.read() == 1
    writer.buffers.write(occurrence(writer.head, 2, ("four",))[: 3 * WORD])
    assert reading.read() == 0
    assert not reading.reader.read()


def test_an_occurrence_that_is_on_its_way_keeps_nothing_back(reading: Reading) -> None:
    writer = Writer(Buffers(reading.folder, records_before_slot=0), 0)
    for number in range(3):
        assert writer.say(number)
    writer.buffers.write(writer.head.to_bytes(WORD, "little") + bytes(2 * WORD))
    assert reading.read() == 3


def test_only_so_many_events_are_interned(reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)
    assert buffers.intern(what_varies(0)) == 0, "it has no slot yet"
    assert buffers.put(record(0, 0))
    heads = set()
    for _ in range(INTERNED_LIMIT):
        while not (head := buffers.intern(what_varies(0))):  # where the slot is full, the number is for the next one
            reading.read()
        heads.add(head)
    assert len(heads) == INTERNED_LIMIT
    reading.read()
    assert not buffers.intern(what_varies(0))


@pytest.mark.parametrize("room", range(0, 2 * WORD + 1, WORD))
def test_the_last_record_of_a_part_is_read_though_nothing_else_had_room(room: int, reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)

    def of(text: str) -> bytes:
        return record_of(marshal.dumps((1, "record", 1, text, "", None, None, {}), 2))

    def size_of(text: str) -> int:
        size = len(of(text))
        return size + -size % WORD

    def put_and_read(length: int) -> int:
        text = "x" * length
        assert buffers.put(of(text))
        ((decoder, data),) = reading.reader.read()
        assert [event.process for event in decoder.events(data, 0)] == [text]
        return size_of(text)

    rest = PART_SIZE - 16
    while rest > 3_000:
        rest -= put_and_read(1_000) + WORD
    put_and_read(rest - size_of("") - room)
    assert buffers.put(record(1, 0))
    reading.read()
    assert reading.numbers[1] == [0]


def test_a_full_slot_takes_nothing_until_it_was_read(reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)
    for _ in range(3):
        count = 0
        while buffers.put(record(0, count)):
            count += 1
        assert count > SLOT_SIZE // PARTS // ITEM_LIMIT
        assert not buffers.put(record(0, count))
        assert reading.read() == count
        assert reading.numbers.pop(0) == list(range(count))


def test_a_forked_process_writes_into_a_slot_of_its_own(reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)
    assert buffers.put(record(0, 0))
    child = os.fork()
    if child == 0:
        buffers.begin()
        os._exit(0 if buffers.put(record(1, 0)) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert buffers.put(record(0, 1))
    reading.read()
    assert reading.numbers == {0: [0, 1], 1: [0]}


def test_forked_processes_that_share_a_descriptor_take_slots_of_their_own(reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)
    begin, let_them_begin = os.pipe()
    children = []
    for name in range(20):
        children.append(os.fork())
        if children[-1] == 0:
            os.close(let_them_begin)
            os.read(begin, 1)
            os._exit(0 if all(buffers.put(record(name, number)) for number in range(10)) else 1)
    os.close(let_them_begin)
    os.close(begin)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 20
    reading.read()
    assert reading.numbers == {name: list(range(10)) for name in range(20)}


def test_a_program_that_closes_every_descriptor_still_takes_a_slot(reading: Reading) -> None:
    child = os.fork()
    if child == 0:
        buffers = Buffers(reading.folder, records_before_slot=0)
        os.closerange(3, 65536)
        os._exit(0 if buffers.put(record(0, 0)) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert reading.read() == 1


@pytest.mark.parametrize("before", [0, 100], ids=["the first part", "the next part"])
def test_a_file_of_the_programs_under_our_number_is_neither_mapped_nor_written(
    before: int, reading: Reading, tmp_path: Path
) -> None:
    """As where the program has closed every descriptor, and opened as many as there are numbers below ours."""
    own = tmp_path / "own"
    child = os.fork()
    if child == 0:
        buffers = Buffers(reading.folder, records_before_slot=0)
        said = [buffers.put(record(0, number)) for number in range(before)]
        assert buffers._file is not None
        os.dup2(os.open(own, os.O_RDWR | os.O_CREAT), buffers._file.number)
        said += [buffers.put(record(0, number)) for number in range(before, before + 1_000)]
        os._exit(0 if any(said[before:]) and own.read_bytes() == b"" else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_fork_in_a_signal_handler_leaves_the_slot_to_the_parent(reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)
    me, children, names = os.getpid(), [], [0]

    def fork(_number: int, frame: FrameType | None) -> None:
        if frame is None or frame.f_locals.get("self") is not buffers or os.getpid() != me:
            return
        child = os.fork()
        if child:
            children.append(child)
        else:
            names.append(len(children) + 1)
            buffers.begin()

    signal.signal(signal.SIGVTALRM, fork)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.001, 0.001)
    number = 0
    try:
        while len(children) < 20 and os.getpid() == me:
            while not buffers.put(record(names[-1], number)):
                if os.getpid() == me:
                    reading.read()
            number += 1
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if os.getpid() != me:
            os._exit(0 if all(buffers.put(record(names[-1], number + more)) for more in range(50)) else 1)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, signal.SIG_IGN)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 20
    reading.read()
    # The call in whose middle it was forked, a child ends as well.
    assert sorted(set(reading.numbers.pop(0))) == list(range(number))
    assert sorted(reading.numbers) == list(range(1, 21))
    for numbers in reading.numbers.values():
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(numbers) >= 50


def test_a_fork_that_python_is_not_told_of_leaves_the_slot_to_the_parent(reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)
    assert buffers.put(record(0, 0))
    child = ctypes.PyDLL(None).fork()
    for number in range(1, 100):
        assert buffers.put(record(0 if child else 1, number))
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    reading.read()
    assert reading.numbers == {0: list(range(100)), 1: list(range(1, 100))}


def test_what_a_program_has_spoilt_is_left_out_and_nothing_else(reading: Reading) -> None:
    writer = Writer(Buffers(reading.folder, records_before_slot=0), 0)
    assert writer.say(0)
    writer.buffers.write(occurrence(head_of(writer.buffers.commit_mark, 99), 1, 0))
    assert writer.say(1)
    reading.read()
    assert reading.numbers == {0: [0, 1]}


def test_an_id_that_is_given_anew_stands_for_the_new_event() -> None:
    """As where a process has learned its name."""
    mark, decoder = new_commit_mark(), SlotDecoder()
    once = pack_occurrence(head_of(mark, 1), 5, 9)
    data = b"".join(padded(definition(1, what_varies(name))) + mark + once + once for name in (7, 8))
    assert [event.pid for event in decoder.events(data, 0)] == [7, 7, 8, 8]


def test_the_first_records_go_another_way(reading: Reading) -> None:
    buffers = Buffers(reading.folder, records_before_slot=3)
    assert [buffers.put(record(0, number)) for number in range(5)] == [False] * 3 + [True] * 2


def test_memory_is_given_back_when_a_writer_has_ended(reading: Reading) -> None:
    writer = multiprocessing.get_context("fork").Process(target=put_all, args=(reading.folder, 0, 10))
    writer.start()
    writer.join()
    reading.read()
    file = f"{reading.folder}/buffers"
    assert os.stat(file).st_blocks > 0
    assert writer.pid is not None
    reading.reader.forget(writer.pid)
    reading.read()
    assert os.stat(file).st_blocks <= mmap.PAGESIZE // 512, "more than the tickets"
    assert reading.numbers[0] == list(range(10))


def no_such_folder(reading: Reading) -> Buffers:
    return Buffers(f"{reading.folder}/none", records_before_slot=0)


def procsim_is_gone(reading: Reading) -> Buffers:
    reading.reader.close()
    return Buffers(reading.folder, records_before_slot=0)


@pytest.mark.parametrize("made", [no_such_folder, procsim_is_gone])
def test_where_there_is_no_slot_there_is_no_room(made: Callable[[Reading], Buffers], reading: Reading) -> None:
    buffers = made(reading)
    assert not buffers.put(record(0, 0))
    assert not buffers.put(record(0, 1))


def test_under_a_limit_of_file_sizes_there_is_no_room(reading: Reading) -> None:
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, resource.RLIM_INFINITY))
        os._exit(1 if Buffers(reading.folder, records_before_slot=0).put(record(0, 0)) else 0)
    assert os.waitpid(child, 0)[1] == 0


MAPS = """
import os, sys
before = os.listdir("/proc/self/fd")
from procsim.wire.mapped_file import mapped
from procsim.wire.pipe import OwnDescriptor
file = OwnDescriptor(sys.argv[1], os.O_RDWR)
memory = mapped(file, 4096)
file.close()
assert os.listdir("/proc/self/fd") == before

class Last:
    def __del__(self):  # when the interpreter has taken the modules apart
        self.write(self.descriptor, b"the last word")

last = Last()
last.write, last.descriptor = os.write, os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)
sys.last = last
"""


def test_memory_takes_no_descriptor_and_closes_none_of_the_program(tmp_path: Path) -> None:
    file, written = tmp_path / "file", tmp_path / "written"
    file.write_bytes(bytes(4096))
    subprocess.run([sys.executable, "-c", MAPS, str(file), str(written)], check=True)
    assert written.read_text() == "the last word"


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="mmap then keeps no descriptor at all")
def test_who_is_forked_while_memory_is_mapped_inherits_no_descriptor(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffers = Buffers(reading.folder, records_before_slot=0)
    before, register, ends = os.listdir("/proc/self/fd"), _codecs.register_error, []

    def fork(*arguments: Any) -> None:
        """What another thread may do at that moment."""
        child = os.fork()
        if child == 0:
            buffers.begin()
            os._exit(0 if os.listdir("/proc/self/fd") == before else 1)
        ends.append(os.waitpid(child, 0)[1])
        register(*arguments)

    monkeypatch.setattr(_codecs, "register_error", fork)
    assert buffers.put(record(0, 0))
    assert ends == [0]


def test_mapped_memory_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 8192)
    file = OwnDescriptor(str(tmp_path / "file"), os.O_RDWR)
    memory = mapped(file, 4096, 4096)
    memory[0] = ord("y")
    file.close()
    assert (tmp_path / "file").read_bytes()[4096:4098] == b"yx"


def test_what_is_not_the_file_that_was_opened_is_not_mapped(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name).write_bytes(bytes(4096))
    file = OwnDescriptor(str(tmp_path / "ours"), os.O_RDWR)
    theirs = os.open(tmp_path / "theirs", os.O_RDWR)
    before = os.listdir("/proc/self/fd")
    os.dup2(theirs, file.number)
    with pytest.raises(OSError, match="the program has closed it"):
        mapped(file, 4096)
    assert os.listdir("/proc/self/fd") == before
    file.close()
    assert os.fstat(file.number).st_ino == os.fstat(theirs).st_ino, "it is the program's to close"
    os.close(theirs)
    os.close(file.number)


# --- their order ---


def at(t: int, kind: str = "") -> Event:
    return Event(kind, t, 1, "p1", "MainThread")


@pytest.mark.parametrize("at_once", [False, True])
def test_what_is_younger_than_the_round_waits_for_the_next(at_once: bool) -> None:
    sequencer = Sequencer()
    assert list(sequencer.add([[at(3)], [at(1), at(9)]], began=5, at_once=at_once)) == [at(1), at(3)]
    assert sequencer.waiting()
    assert list(sequencer.add([[at(7)]], began=10, at_once=at_once)) == [at(7), at(9)]
    assert not sequencer.waiting()


@pytest.mark.parametrize("at_once", [False, True])
def test_a_clock_that_goes_ahead_keeps_nothing_back_for_long(at_once: bool) -> None:
    sequencer = Sequencer()
    assert list(sequencer.add([[at(10**18)]], began=5, at_once=at_once)) == []
    assert list(sequencer.add([], began=6, at_once=at_once)) == [at(6)]


@given(st.lists(st.integers(0, 3), max_size=60), st.data())
def test_cause_comes_before_effect_however_the_sources_are_read(writers: list[int], data: st.DataObject) -> None:
    """Each event is the cause of the next; the sources are read one after the other, while more is written."""
    sequencer = Sequencer()
    unread: dict[int, list[Event]] = {writer: [] for writer in range(4)}
    told: list[int] = []
    clock, events = 0, iter(enumerate(writers))
    rest = len(writers)
    while rest or any(unread.values()) or sequencer.waiting():
        began = clock
        sources: list[list[Event]] = []
        for source in range(4):
            for _ in range(data.draw(st.integers(0, 3))):
                for number, writer in events:
                    clock += 1
                    rest -= 1
                    unread[writer].append(at(clock, str(number)))
                    break
            sources.append(unread[source])
            unread[source] = []
        told += [int(event.kind) for event in sequencer.add(sources, began, data.draw(st.booleans()))]
        if not data.draw(st.booleans()):
            for number, writer in events:
                clock += 1
                rest -= 1
                unread[writer].append(at(clock, str(number)))
                break
    assert told == list(range(len(writers)))
