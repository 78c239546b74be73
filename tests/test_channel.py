"""EventQueue between real processes: nothing lost or torn, nobody stopped, whatever becomes of a writer."""

import contextlib
import errno
import marshal
import multiprocessing
import os
import pickle
import random
import resource
import select
import signal
import socket
import struct
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procsim.wire.pipe import (
    ITEM_LIMIT,
    PIPE_CAPACITY,
    EventQueue,
    EventQueueReader,
    ItemDecoder,
)

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")

HANG_SECONDS = 60
"""The bound of every wait; only a fault ever reaches it, and then the test fails instead of hanging."""

EXECUTED_ANEW = "spawn"
"""A forked writer inherits the reading end from this process, so to it the reader is never gone. A traced
program is executed anew and does not have it, and nor does a spawned writer."""

both_start_methods = pytest.mark.parametrize("start_method", ["fork", "spawn"])


class Start(Protocol):
    def __call__(self, start_method: str, target: Callable[..., None], *args: Any) -> BaseProcess: ...


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process, and ends it with the test."""
    processes: list[BaseProcess] = []

    def start_one(start_method: str, target: Callable[..., None], *args: Any) -> BaseProcess:
        context: Any = multiprocessing.get_context(start_method)
        process: BaseProcess = context.Process(target=target, args=args)
        process.start()
        processes.append(process)
        return process

    yield start_one
    for process in processes:
        process.kill()
        process.join()
        process.close()


class Reading:
    """The reading end, and a writing end, without which the file would end before the first writer came."""

    def __init__(self, queue: EventQueue) -> None:
        self.reader = EventQueueReader(queue)
        self._decoder = ItemDecoder()
        self._writing_end = os.open(queue.path, os.O_WRONLY | os.O_CLOEXEC)

    def let_it_end(self) -> None:
        """From now on the file ends with its last writer."""
        if self._writing_end >= 0:
            os.close(self._writing_end)
            self._writing_end = -1

    def some_items(self) -> list[Any] | None:
        """Wait for the next items; None: the file has ended."""
        while True:
            ready, _, _ = select.select([self.reader], [], [], HANG_SECONDS)
            assert ready, "neither an item nor the end of the file"
            data = self.reader.read()
            if data == b"":
                # Half an item left behind would spoil the one that follows it.
                assert self._decoder.items(on_the_wire("the next")) == ["the next"], "the end is torn"
                return None
            if data is not None:
                return self._decoder.items(data)

    def items_until_the_end(self) -> list[Any]:
        """Every item up to the end of the file."""
        collected: list[Any] = []
        while (items := self.some_items()) is not None:
            collected += items
        return collected

    def items_of(self, processes: Iterable[BaseProcess]) -> list[Any]:
        """Every item up to the end of the file, which comes once these processes have ended."""

        def join_all() -> None:
            for process in processes:
                process.join()
            self.let_it_end()

        joining = threading.Thread(target=join_all)
        joining.start()
        try:
            return self.items_until_the_end()
        finally:
            for process in processes:  # all have ended, unless something went wrong above
                process.kill()
            joining.join()

    def close(self) -> None:
        self.let_it_end()
        self.reader.close()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[EventQueue]:
    queue = EventQueue.create(tmp_path / "events")
    yield queue
    queue.close()


@pytest.fixture
def reading(queue: EventQueue) -> Iterator[Reading]:
    reading = Reading(queue)
    yield reading
    with contextlib.suppress(OSError):  # a test may have closed it
        reading.close()


def on_the_wire(item: Any) -> bytes:
    """An item as it is on the pipe."""
    data = marshal.dumps(item)
    return struct.pack("<H", len(data) * 2 + 1) + data


# --- one process ---

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=()))  # surrogates too: a path that is not UTF-8 has them
    | st.binary()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(scalars, inner),
    max_leaves=20,
).filter(lambda value: len(on_the_wire(value)) <= ITEM_LIMIT)


def test_what_is_put_is_what_comes_out_wherever_the_bytes_are_cut(queue: EventQueue, reading: Reading) -> None:
    @given(st.lists(values, max_size=10), st.data())
    def round_trip(items: list[Any], data: st.DataObject) -> None:
        for item in items:
            assert queue.put(item)
        stream = reading.reader.read() or b""
        cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=10).map(sorted))
        decoder = ItemDecoder()
        decoded = [
            item
            for beginning, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
            for item in decoder.items(stream[beginning:end])
        ]
        # repr tells True from 1 and 0.0 from -0.0, which are equal.
        assert repr(decoded) == repr(items)

    round_trip()


def test_items_come_out_when_they_come_byte_by_byte() -> None:
    items = [("queue_put", 1.5, {"value": 3}), "", None, [b"\0" * 300]]
    decoder = ItemDecoder()
    stream = b"".join(map(on_the_wire, items))
    assert [item for byte in stream for item in decoder.items(bytes([byte]))] == items


def test_an_item_too_large_raises_and_leaves_nothing_on_the_pipe(queue: EventQueue, reading: Reading) -> None:
    room = ITEM_LIMIT - len(on_the_wire(b""))
    assert queue.put(b"f" * room)
    with pytest.raises(ValueError, match=str(ITEM_LIMIT)):
        queue.put(b"f" * (room + 1))
    assert queue.put("after")
    queue.close()
    reading.let_it_end()
    assert reading.items_until_the_end() == [b"f" * room, "after"]


def test_an_item_that_marshal_cannot_write_raises(queue: EventQueue, reading: Reading) -> None:
    with pytest.raises(ValueError):
        queue.put(object())
    queue.close()
    reading.let_it_end()
    assert reading.items_until_the_end() == []


def test_put_without_a_reader_writes_nothing(queue: EventQueue) -> None:
    assert not queue.put("nobody listens")


def test_put_is_false_when_the_pipe_was_removed(tmp_path: Path) -> None:
    assert not EventQueue(tmp_path / "never made").put("nobody listens")


def test_put_is_false_while_the_pipe_cannot_be_opened_and_true_again_later(queue: EventQueue, reading: Reading) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, limits[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                taken.append(os.open("/", os.O_RDONLY))
        assert not queue.put("no descriptor is left")
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert queue.put("now there is")


def test_put_is_false_where_the_path_cannot_be_one_of_a_pipe(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    assert not EventQueue(file / "events").put("ENOTDIR")
    assert not EventQueue(tmp_path).put("EISDIR")
    assert not EventQueue(tmp_path / ("x" * 300)).put("ENAMETOOLONG")


def test_is_opened_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    queue = EventQueue.create("events")
    monkeypatch.chdir("/")
    reader = EventQueueReader(queue)
    assert queue.put("here")
    queue.close()
    assert ItemDecoder().items(reader.read() or b"") == ["here"]
    reader.close()


def test_pickles_as_its_path(queue: EventQueue, reading: Reading) -> None:
    assert queue.put("from the original")
    copy = pickle.loads(pickle.dumps(queue))
    assert copy.path == queue.path
    queue.close()
    assert copy.put("from the copy")  # it has opened an end of its own: that of the original is closed
    copy.close()
    reading.let_it_end()
    assert reading.items_until_the_end() == ["from the original", "from the copy"]


def test_creating_it_where_something_exists_raises_and_leaves_that_alone(tmp_path: Path) -> None:
    existing = tmp_path / "notes"
    existing.write_text("keep me")
    with pytest.raises(OSError):
        EventQueue.create(existing)
    assert existing.read_text() == "keep me"


def test_threads_of_one_process_lose_nothing(queue: EventQueue, reading: Reading) -> None:
    def put_in_order(name: int) -> None:
        all_begin_at_once.wait()
        for number in range(500):
            queue.put((name, number))

    all_begin_at_once = threading.Barrier(8)
    threads = [threading.Thread(target=put_in_order, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    numbers: dict[int, list[int]] = defaultdict(list)
    missing = 8 * 500
    while missing:
        items = reading.some_items() or []
        missing -= len(items)
        for name, number in items:
            numbers[name].append(number)
    for thread in threads:
        thread.join()
    assert numbers == {name: list(range(500)) for name in range(8)}


# --- several writers ---


def padding(number: int) -> bytes:
    """What the item of this number carries: of every size up to the limit, and known to the reader."""
    return bytes([number % 251]) * (number * 37 % (ITEM_LIMIT - 64))


def put_in_order(queue: EventQueue, name: int, count: int) -> None:
    for number in range(count):
        assert queue.put((name, number, padding(number)))


def put_without_end(queue: EventQueue, name: int) -> None:
    number = 0
    while queue.put((name, number, padding(number))):
        number += 1


@both_start_methods
def test_writers_lose_and_tear_nothing_and_each_keeps_its_order(
    start_method: str, queue: EventQueue, reading: Reading, start: Start
) -> None:
    writers = [start(start_method, put_in_order, queue, name, 1000) for name in range(6)]
    numbers: dict[int, list[int]] = defaultdict(list)
    for name, number, bytes_carried in reading.items_of(writers):
        assert bytes_carried == padding(number)
        numbers[name].append(number)
    assert [writer.exitcode for writer in writers] == [0] * 6
    assert numbers == {name: list(range(1000)) for name in range(6)}


def put_200_and_be_killed(queue: EventQueue) -> None:
    for number in range(200):
        queue.put(number)
    os.kill(os.getpid(), signal.SIGKILL)


@both_start_methods
def test_what_a_killed_writer_has_put_is_there(
    start_method: str, queue: EventQueue, reading: Reading, start: Start
) -> None:
    writer = start(start_method, put_200_and_be_killed, queue)
    writer.join()  # nobody reads before it is dead: 200 small items fit into any pipe
    assert writer.exitcode == -signal.SIGKILL
    reading.let_it_end()
    assert reading.items_until_the_end() == list(range(200))


@pytest.mark.parametrize(("start_method", "count"), [("fork", 12), ("spawn", 5)])
def test_writers_killed_at_random_stop_nobody_and_tear_nothing(
    start_method: str, count: int, queue: EventQueue, reading: Reading, start: Start
) -> None:
    writers = {name: start(start_method, put_without_end, queue, name) for name in range(count)}
    next_number: Counter[int] = Counter()
    bytes_carried: Counter[int] = Counter()

    def take() -> bool:
        items = reading.some_items()
        for name, number, carried in items or []:
            assert number == next_number[name], "an item is missing, or stands twice"
            assert carried == padding(number), "an item is torn"
            next_number[name] += 1
            bytes_carried[name] += len(carried)
        return items is not None

    def take_until_each_has_gone_on() -> None:
        # More than the pipe and one read can hold: some of it was surely written after the call.
        goal = {name: bytes_carried[name] + 2 * PIPE_CAPACITY for name in writers}
        while any(bytes_carried[name] < goal[name] for name in writers):
            assert take()

    take_until_each_has_gone_on()
    while writers:
        # Every writer is at full load all the time: after a random number of items it is anywhere in a put.
        last = sum(next_number.values()) + random.randrange(3000)
        while sum(next_number.values()) < last:
            assert take()
        killed = writers.pop(random.choice(list(writers)))
        killed.kill()
        killed.join()
        assert killed.exitcode == -signal.SIGKILL
        take_until_each_has_gone_on()
    reading.let_it_end()
    while take():
        pass


def put_and_stay(queue: EventQueue, name: int, word: "Connection[Any, Any]") -> None:
    queue.put(name)
    word.recv()


@both_start_methods
def test_the_file_ends_exactly_with_its_last_writer(
    start_method: str, queue: EventQueue, reading: Reading, start: Start
) -> None:
    words = [multiprocessing.Pipe() for _ in range(3)]
    writers = [start(start_method, put_and_stay, queue, name, words[name][1]) for name in range(3)]
    begun: list[Any] = []
    while len(begun) < 3:
        begun += reading.some_items() or []
    assert sorted(begun) == [0, 1, 2]
    reading.let_it_end()
    assert reading.reader.read() is None  # nothing there, and still open
    writers[0].kill()
    writers[0].join()
    assert reading.reader.read() is None
    words[1][0].send("you may go")
    writers[1].join()
    assert reading.reader.read() is None
    writers[2].kill()
    writers[2].join()
    assert reading.reader.read() == b""  # at once: nothing here waits for it
    assert [writer.exitcode for writer in writers] == [-signal.SIGKILL, 0, -signal.SIGKILL]
    for pair in words:
        for end in pair:
            end.close()


# --- the program that is observed goes on ---


def put_until_the_reader_is_gone(queue: EventQueue, word: "Connection[Any, Any]") -> None:
    word.send(queue.put("the reader is there"))
    word.recv()
    word.send([queue.put("the reader is gone"), queue.put("and stays gone")])


def test_when_the_reader_goes_put_is_false_and_the_program_goes_on(
    queue: EventQueue, reading: Reading, start: Start
) -> None:
    ours, theirs = multiprocessing.Pipe()
    writer = start(EXECUTED_ANEW, put_until_the_reader_is_gone, queue, theirs)
    theirs.close()
    with ours:
        assert ours.recv() is True
        reading.close()
        ours.send("the reader is gone")
        assert ours.recv() == [False, False]
    writer.join()
    assert writer.exitcode == 0


def put_while_the_reader_goes(queue: EventQueue, name: int) -> None:
    while queue.put((name, padding(1))):
        pass


def test_writers_at_full_load_go_on_when_the_reader_goes(queue: EventQueue, reading: Reading, start: Start) -> None:
    writers = [start(EXECUTED_ANEW, put_while_the_reader_goes, queue, name) for name in range(3)]
    seen: set[int] = set()
    while len(seen) < 3:
        seen |= {name for name, _ in reading.some_items() or []}
    reading.close()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 3


def close_every_descriptor_and_put(queue: EventQueue, own_file: str) -> None:
    assert queue.put("before")
    os.closerange(3, 65536)
    assert queue.put("after")
    with Path(own_file).open("w") as file:
        file.write("mine")
        file.flush()
        os.closerange(file.fileno() + 1, 65536)
        assert queue.put("again")
        file.write(" alone")


@both_start_methods
def test_a_program_that_closes_every_descriptor_can_still_put(
    start_method: str, queue: EventQueue, reading: Reading, start: Start, tmp_path: Path
) -> None:
    own_file = tmp_path / "own"
    writer = start(start_method, close_every_descriptor_and_put, queue, os.fspath(own_file))
    assert reading.items_of([writer]) == ["before", "after", "again"]
    assert writer.exitcode == 0
    assert own_file.read_text() == "mine alone"


def lay_over_ours(queue: EventQueue, how: str, own: str) -> int:
    """Put something of the program's where our descriptor is; the number by which the program knows it."""
    ours = queue.writing_end()
    if how == "closes all and opens many":
        os.closerange(3, 65536)
        while (number := os.open(own, os.O_RDWR | os.O_CREAT)) < ours:
            pass
        return number
    if how == "a pipe":
        number = os.pipe()[1]
    elif how == "a socket":
        number = socket.socketpair()[0].detach()
    elif how == "for reading":
        number = os.open("/", os.O_RDONLY)
    else:
        number = os.open(own, os.O_RDWR | os.O_CREAT)
    return os.dup2(number, ours)


def put_where_a_file_of_the_programs_is(queue: EventQueue, how: str, own: str, calls: str) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    assert queue.put("before")
    number = lay_over_ours(queue, how, own)
    behind = os.fstat(number)[1:3]
    assert queue.put("after")
    if calls == "close":
        queue.close()
    assert os.fstat(number)[1:3] == behind
    assert queue.put("at last")
    if os.path.exists(own):
        assert Path(own).read_bytes() == b""


OWN = ["closes all and opens many", "lays a file over it", "a pipe", "a socket", "for reading"]


@pytest.mark.parametrize("calls", ["close", ""])
@pytest.mark.parametrize("how", OWN)
def test_what_the_program_has_under_our_number_is_neither_written_nor_closed(
    how: str, calls: str, queue: EventQueue, reading: Reading, start: Start, tmp_path: Path
) -> None:
    writer = start(EXECUTED_ANEW, put_where_a_file_of_the_programs_is, queue, how, os.fspath(tmp_path / "own"), calls)
    assert reading.items_of([writer]) == ["before", "after", "at last"]
    assert writer.exitcode == 0


def test_put_takes_no_descriptor_that_the_program_would_get(queue: EventQueue, reading: Reading) -> None:
    def lowest_free_descriptor() -> int:
        descriptor = os.open("/", os.O_RDONLY)
        os.close(descriptor)
        return descriptor

    lowest = lowest_free_descriptor()
    assert queue.put("here")
    assert lowest_free_descriptor() == lowest


FILLER = b"f" * (ITEM_LIMIT - len(on_the_wire(b"")))
"""An item that takes a whole piece of the pipe, so that no smaller one finds room beside it."""

ALARM_SECONDS = 0.01
SWALLOWED = 3


def fill_the_pipe(path: str) -> int:
    """Write until there is no room for one more item; how many there are."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    count = 0
    try:
        while True:
            os.write(descriptor, on_the_wire(FILLER))
            count += 1
    except BlockingIOError:
        return count
    finally:
        os.close(descriptor)


def be_interrupted_in_put(queue: EventQueue, raised: BaseException, word: "Connection[Any, Any]") -> None:
    interrupted = False

    def interrupt(_signal_number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        # Only an alarm that comes while put waits is to the point: the pipe is full, and nobody reads.
        if frame is None or frame.f_code is not EventQueue.put_record.__code__:
            return
        if interrupted:
            os._exit(SWALLOWED)
        interrupted = True
        raise raised

    signal.signal(signal.SIGALRM, interrupt)
    assert queue.put("before")
    count = fill_the_pipe(queue.path)
    signal.setitimer(signal.ITIMER_REAL, ALARM_SECONDS, ALARM_SECONDS)
    try:
        put = queue.put("interrupted")
    except BaseException as error:
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert error is raised
    else:
        os._exit(SWALLOWED if not put else 1)
    word.send(count)
    assert queue.put("after")


@pytest.mark.parametrize(
    "raised",
    [
        TimeoutError("too late"),
        KeyboardInterrupt(),
        OSError("without a number"),
        BrokenPipeError(errno.EPIPE, "a pipe of the program's own"),
        OSError(errno.EBADF, "a descriptor of the program's own"),
    ],
    ids=repr,
)
def test_what_a_signal_handler_raises_while_put_waits_passes_through(
    raised: BaseException, queue: EventQueue, reading: Reading, start: Start
) -> None:
    ours, theirs = multiprocessing.Pipe()
    writer = start("fork", be_interrupted_in_put, queue, raised, theirs)
    theirs.close()
    with ours:
        count = ours.recv()
    assert reading.items_of([writer]) == ["before", *[FILLER] * count, "after"]
    assert writer.exitcode == 0
