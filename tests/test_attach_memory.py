"""The structures of CPython, read from memory: that of this very process, and memory that holds anything at all."""

import dis
import itertools
import os
import random
import sys
import threading
from dataclasses import replace
from multiprocessing import Lock, RLock, Semaphore
from types import CodeType
from typing import Any

import pytest

from procsim.attach.frames import thread_number, threads_of
from procsim.attach.interpreter import Interpreter, interpreter_of
from procsim.attach.layouts import LAYOUTS, Layout
from procsim.attach.lines import line_at
from procsim.attach.memory import WORDS_LIMIT, Mapping, Memory
from procsim.attach.objects import Known, Objects
from procsim.attach.offsets import as_it_says, has_no_gil
from procsim.attach.semaphores import Semaphores, identity_of
from procsim.diagnosis.sockets import peers


class Plain:
    """Keeps its attributes inside."""

    def __init__(self) -> None:
        self.number, self.text = 7, "größe"


class WithADict(Plain):
    """Its dict was asked for, so that it has one."""

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["more than a name"] = 8


class WithSlots:
    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 7


def a_function(first: int, second: int = 2, *others: int, by_name: int = 3) -> int:
    return first + second + by_name


class Now(Memory):
    """Memory as it is now: this process changes its own between two reads."""

    def read(self, address: int, size: int) -> bytes:
        data = self.read_now(address, size) if size > 0 else b""
        return data if len(data) == size else b""


@pytest.fixture
def interpreter() -> Any:
    with Now(os.getpid()) as memory:
        found = interpreter_of(memory)
        assert found is not None
        yield found


def test_the_modules_are_found(interpreter: Interpreter) -> None:
    assert interpreter.version == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert interpreter.modules["os"] == id(os)


@pytest.mark.parametrize("value", ["", "lock", "größe", "中文", "😀", "x" * 200])
def test_a_text(interpreter: Interpreter, value: str) -> None:
    assert interpreter.objects.text(id(value)) == value


@pytest.mark.parametrize("value", [0, 1, -1, 255, 1 << 29, 1 << 30, -(1 << 31), (1 << 63) - 1, True, False])
def test_a_number(interpreter: Interpreter, value: int) -> None:
    assert interpreter.objects.integer(id(value)) == value


def test_what_is_too_large_or_no_such_thing_is_unknown(interpreter: Interpreter) -> None:
    objects = interpreter.objects
    assert objects.text(id(7)) is objects.text(0) is objects.text(id("x" * 300)) is None
    assert objects.integer(id("7")) is objects.integer(1 << 47) is objects.integer(id(1 << 100)) is None
    assert objects.items(id("x")) == [] == objects.members(id([])) and objects.named(id([])) == {}
    assert objects.attributes(0) == {} == objects.attributes(id(WithSlots()))


def test_containers(interpreter: Interpreter) -> None:
    objects = interpreter.objects
    things = [Plain(), Plain(), Plain()]
    assert objects.items(id(things)) == objects.items(id((*things,))) == [id(thing) for thing in things]
    assert {*objects.members(id({*things}))} == {id(thing) for thing in things}
    mixed: dict[Any, Any] = {"a": things[0], 7: things[1], "gone": 1, "b": things[2]}
    del mixed["gone"]
    assert objects.named(id(mixed)) == {"a": id(things[0]), "b": id(things[2])}
    assert len([*objects.pairs(id(mixed))]) == 3
    large = {f"name {number}": number for number in range(1000)}
    assert len(objects.named(id(large))) == 1000


@pytest.mark.parametrize("kind", [Plain, WithADict])
def test_attributes(interpreter: Interpreter, kind: type[Plain]) -> None:
    thing = kind()
    found = interpreter.objects.attributes(id(thing))
    assert interpreter.objects.integer(found["number"]) == 7
    assert interpreter.objects.text(found["text"]) == "größe"
    assert ("more than a name" in found) == (kind is WithADict)
    assert interpreter.objects.type_name(id(thing)) == kind.__name__
    assert id(Plain) in interpreter.objects.ancestry(id(thing))


def test_functions_and_what_counts(interpreter: Interpreter) -> None:
    objects, counter = interpreter.objects, itertools.count(1)
    bound: Any = threading.Event().wait
    assert objects.parameters(id(a_function)) == ["first", "second"]
    assert objects.function_name(id(a_function)) == "a_function"
    assert objects.bound_to(id(bound)) == (id(bound.__func__), id(bound.__self__))
    assert objects.items_counted(id(counter)) == 0
    next(counter), next(counter)
    assert objects.items_counted(id(counter)) == 2


# Frames ------------------------------------------------------------------------------------------------------


def test_the_frames_of_a_thread(interpreter: Interpreter) -> None:
    held, told, goes_on = Lock(), threading.Event(), threading.Event()

    def stands(argument: object) -> None:
        with held:
            told.set()
            goes_on.wait()

    thread = threading.Thread(target=stands, args=("x",), daemon=True)
    thread.start()
    told.wait()
    try:
        while True:  # it may not stand in its wait yet
            with Memory(os.getpid()) as memory:
                again = interpreter_of(memory)
                assert again is not None
                numbers = {int(name) for name in os.listdir("/proc/self/task")}
                states = {state.number: state for state in threads_of(again, numbers, os.uname().machine)}
                frames = states[thread.native_id or 0].frames
                names = [frame.function for frame in frames]
                if names[:2] == ["wait", "wait"] and "stands" in names:
                    break
        own = frames[names.index("stands")]
        assert again.objects.text(own.variables["argument"]) == "x"
        assert own.variables["held"] == id(held) and own.entered == (id(held),)
        assert own.file == __file__ and own.line == stands.__code__.co_firstlineno + 3
        assert states[thread.native_id or 0].ident == thread.ident
    finally:
        goes_on.set()
        thread.join()


def test_a_block_that_is_over_is_not_entered() -> None:
    lock = Lock()

    def stood(told: threading.Event, goes_on: threading.Event) -> None:
        with lock:
            pass
        lock.acquire()
        told.set()
        goes_on.wait()

    told, goes_on = threading.Event(), threading.Event()
    thread = threading.Thread(target=stood, args=(told, goes_on), daemon=True)
    thread.start()
    told.wait()
    try:
        with Memory(os.getpid()) as memory:
            again = interpreter_of(memory)
            assert again is not None
            numbers = {thread.native_id or 0}
            (state,) = threads_of(again, numbers, os.uname().machine)
            assert [frame.entered for frame in state.frames if frame.function == "stood"] == [()]
    finally:
        goes_on.set()
        thread.join()


@pytest.mark.parametrize("function", [a_function, random.Random.sample, dis.disassemble, threading.Thread.start])
def test_the_line_of_each_instruction(function: Any) -> None:
    code: CodeType = function.__code__
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for start, end, line in code.co_lines():
        for place in range(start, end, 2):
            assert line_at(code.co_linetable, code.co_firstlineno, place, version) == line


def test_the_lines_of_older_tables() -> None:
    # def f(a):        line 1
    #     b = a
    #     for c in b:
    #         print(
    #             c)
    #     return b
    for version, table in (
        ("3.9", b"\x00\x01\x04\x01\x08\x01\x02\x01\x02\xff\x06\x02"),
        ("3.10", b"\x04\x01\x08\x01\x02\x01\x02\x01\x06\xff\x04\x02"),
    ):
        found = [line_at(table, 1, place, version) for place in range(0, 24, 2)]
        assert found == [2, 2, 3, 3, 3, 3, 4, 5, 4, 4, 4, 6]


def test_a_thread_is_known_by_what_its_ident_points_to() -> None:
    with Memory(os.getpid()) as memory:
        ident, number = threading.get_ident(), threading.get_native_id()
        assert thread_number(memory, ident, {number}, os.uname().machine) == number
        assert thread_number(memory, ident, {number + 1}, os.uname().machine) == 0
        assert thread_number(memory, 0, {number}, "x86_64") == thread_number(memory, ident, {number}, "vax") == 0


class Bytes(Memory):
    """Memory that holds these bytes at this address."""

    def __init__(self, address: int, data: bytes) -> None:
        self._address, self._data, self.mappings = address, data, []
        self._pages, self._words_left = {}, WORDS_LIMIT

    def read(self, address: int, size: int) -> bytes:
        place = address - self._address
        return self._data[place : place + size] if place >= 0 and 0 <= size <= len(self._data) - place else b""

    read_now = read


OF_3_14_8 = (
    *(0, 316616, 784, 808, 225864, 7280, 7272, 7344, 7360, 7408, 7688, 7672, 7680, 16, 7784, 0, 7800, 7792, 7992, 0),
    *(832, 0, 8, 16, 72, 152, 160, 232, 32, 88, 8, 0, 56, 80, 74, 64, 0, 216, 112, 120, 128, 136, 68, 52, 96, 104, 208),
)
"""What the table of 3.14.8 has behind its version, as Debian builds it."""
OF_3_13_0 = (
    *(0, 283320, 608, 632, 194968, 7272, 7264, 7344, 7400, 7656, 7640, 7648, 16, 7752, 0, 7768, 7760),
    *(304, 0, 8, 16, 72, 152, 160, 232, 32, 80, 8, 0, 56, 72, 70, 208, 112, 120, 128, 136, 68, 52, 96, 104, 200),
)


def said(rows: tuple[int, ...], cookie: bytes = b"xdebugpy") -> Bytes:
    """Memory in which an interpreter says this of itself."""
    return Bytes(0x10000, cookie + bytes(8) + b"".join(row.to_bytes(8, "little") for row in rows))


@pytest.mark.parametrize(("version", "rows"), [("3.13", OF_3_13_0), ("3.14", OF_3_14_8)])
def test_where_the_frames_are_an_interpreter_says_itself(version: str, rows: tuple[int, ...]) -> None:
    layout = next(replace(each, thread_frame=(1,)) for each in LAYOUTS if each.version == version)
    assert as_it_says(said(rows), 0x10000, layout).thread_frame == (72,)
    assert not has_no_gil(said(rows), 0x10000) and has_no_gil(said((1, *rows[1:])), 0x10000)
    for memory in (
        said(rows, b"anything"),
        said(rows[:12]),
        said((7, *rows)),
    ):  # what is not as we know it says nothing
        assert as_it_says(memory, 0x10000, layout) == layout
    assert not has_no_gil(said((1, *rows[1:]), b"anything"), 0x10000)


def test_on_aarch64_the_number_of_a_thread_stands_elsewhere() -> None:
    address = 0xFFFF_8000_0000
    data = bytearray(1024)
    data[208:212] = (4711).to_bytes(4, "little")
    assert thread_number(Bytes(address >> 2 << 1, bytes(data)), address >> 2 << 1, {4711}, "aarch64") == 4711


# Semaphores --------------------------------------------------------------------------------------------------


def test_who_has_acquired_what() -> None:
    lock, again, places = Lock(), RLock(), Semaphore(3)
    lock.acquire(), again.acquire(), again.acquire(), places.acquire()
    with Memory(os.getpid()) as memory:
        semaphores = Semaphores(memory)
        found = [semaphores.semlock(id(vars(each)["_semlock"])) for each in (lock, again, places)]
        assert all(each is not None for each in found)
        assert [each.acquired for each in found if each] == [1, 2, 1]
        assert [each.recursive for each in found if each] == [False, True, False]
        assert {each.ident for each in found if each} == {threading.get_ident()}
        assert [semaphores.value(each.semaphore) for each in found if each] == [0, 0, 2]
        assert len({identity_of(each.semaphore) for each in found if each}) == 3
        assert semaphores.semlock(id(lock)) is None


def test_the_other_end_of_a_socket() -> None:
    import socket

    one, other = socket.socketpair()
    with one, other:
        inodes = [os.fstat(each.fileno()).st_ino for each in (one, other)]
        assert peers().get(inodes[0]) == inodes[1] and peers().get(inodes[1]) == inodes[0]


# Memory that holds anything ----------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"{layout.version}, {layout.kind_shift}")
def test_what_does_not_add_up_is_unknown_and_no_error(layout: Layout) -> None:
    numbers = random.Random(layout.version)
    base, size = 0x10000, 1 << 14
    types = {name: base + 8 * numbers.randrange(size // 8) for name in ("dict", "str", "int", "list", "tuple", "set")}
    types |= dict.fromkeys(("type", "module", "function", "method", "code", "bytes", "cell"), base)
    for _ in range(4):
        words = [
            numbers.choice([0, 1, 7, numbers.getrandbits(64), *types.values(), base + 8 * numbers.randrange(size // 8)])
            for _ in range(size // 8)
        ]
        memory = Bytes(base, b"".join(word.to_bytes(8, "little") for word in words))
        objects = Objects(memory, layout, Known(types, base, base + 16, base + 32))
        for address in range(base, base + size, 8):
            objects.text(address), objects.integer(address), objects.items(address), objects.members(address)
            objects.named(address), objects.attributes(address), objects.type_name(address)
            objects.parameters(address), objects.function_name(address), objects.ancestry(address)


def test_memory_that_is_not_there_reads_as_nothing() -> None:
    with Memory(os.getpid()) as memory:
        assert memory.read(0, 8) == memory.read(1 << 62, 8) == memory.read((1 << 64) - 8, 64) == b""
        assert memory.word(8) == memory.number(8) == 0 and memory.words(8, 4) == [] and memory.text(8) == ""
        assert all(isinstance(mapping, Mapping) for mapping in memory.mappings)
