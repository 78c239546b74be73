"""Says what happened: one event, written down for procsim before the traced call goes on.

    call site (file:line) ──┐
    who (PID, process, thread) ──► tuple ──► marshal ──► the buffer of this process, or the EventQueue
                          └──────► number ─────────────► the buffer, for what was said before

This is the path that every traced operation takes, so it counts nanoseconds: what was marshalled once is kept, what is
said again has a number, and nothing here catches an exception of the program's.
"""

import _signal  # type: ignore[import-not-found]  # signal itself makes an enum of every handler it is asked for
import _thread
import marshal
import os
import resource  # noqa: F401 - the EventQueue imports it late, when a resource.py beside the script would be found
import struct
import sys
import threading
from types import FrameType
from typing import Any

from procsim.tracer.sites import call_site, sites_known
from procsim.wire.identities import MAIN_THREAD
from procsim.wire.memory import AGAIN, NUMBERS, WORD, Buffers
from procsim.wire.pipe import HEADER, ITEM_LIMIT, Clock, EventQueue, raised_elsewhere, record_of

NAME_LIMIT = 80
"""Characters of a name (of a process, a thread, an object, a file) that an event carries."""

VALUE_LIMIT = 60
"""Characters of a value (an item of a queue, what was read from a file) that an event carries."""

_INT_LIMIT = 1 << 63
"""An int below it, and not below its negative, is told as it is."""

_DEPTH_LIMIT = 4
"""Collections within collections, in what is too long to be told as it is."""

TEXT_LIMIT = ITEM_LIMIT // 2
"""Bytes of a long text that one event carries, so that it fits with the names beside it."""

_FORMAT = 2
"""marshal's version before it kept a table of what it wrote: 70 ns less to encode, and 100 ns less to decode."""

# An event on the pipe: its size, and the tuple of eight that `procsim.wire.events.from_wire` takes apart. What is new
# each time, the time, comes first, so that all the rest can be kept as it was marshalled.
_TUPLE = b"(" + (8).to_bytes(4, "little")
_BEFORE_TIME = _TUPLE + b"I"  # marshal's sign of an integer of 64 bits
_BEGINNING = struct.Struct(f"<H{len(_BEFORE_TIME)}sq")  # `channel.HEADER` first: twice the size, and one
_ALL_BUT_DATA = (_BEGINNING.size - HEADER.size) * 2 + 1
_ROOM = ITEM_LIMIT - _BEGINNING.size

HEADS_KEPT = NUMBERS * 2
"""Events that a thread says by their number: by the line, and by the instructions in it."""

TOLD_LIMIT = 1_000
"""Events that a thread keeps marshalled."""

Fields = bytes | tuple[str, ...]
"""Of an event: what is always the same, marshalled; or the names of those that are other ones each time."""

_queue: EventQueue | None = None
_buffers = Buffers()
_pid = 0
_process = ""

_dumps = marshal.dumps
_begin = _BEGINNING.pack
_again = AGAIN.pack
_getframe = sys._getframe
_ident = threading.get_ident
_threads: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]


def open_channel(queue: EventQueue) -> None:
    """From now on, say events there."""
    global _queue, _buffers
    ask_who_we_are()
    queue.open()  # now, while this process still may: before a chroot, another user, a limit of descriptors
    _buffers = Buffers(os.path.dirname(queue.path))
    _queue = queue


def close_channel() -> None:
    """Say no more."""
    global _queue, _buffers
    if _queue is not None:
        _queue.close()
        _queue, _buffers = None, Buffers()


def active() -> bool:
    """Whether this process is traced."""
    return _queue is not None


def run_is_over() -> bool:
    """Whether this process goes on after the run that it belonged to: nobody reads what it says."""
    return _queue is not None and _queue.silent


def ask_who_we_are() -> None:
    """Learn PID and name of this process anew: when it begins, and after a fork."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    become(multiprocessing.current_process().name if multiprocessing else "MainProcess")


def become(name: str) -> None:
    """This process is called so from now on."""
    global _pid, _process, _told
    name = _plain(str(name)[:NAME_LIMIT])  # which may be code of the program's
    forked_from, _pid = _pid, os.getpid()
    _process = name
    _named.clear()
    _told = _Told()
    if forked_from in (0, _pid):  # last: what was said meanwhile was said of who it was before
        _buffers.begin_numbers()
    else:
        _buffers.begin()


def process_name() -> str:
    """How the events of this process call it."""
    return _process


class _Told(_thread._local):
    """What a thread of this process has said before, marshalled: it is likely to say it again."""

    def __init__(self) -> None:
        self.before: dict[tuple[str, int | None, str | None, Fields], bytes] = {}
        thread = getattr(_threads.get(_ident()), "_name", "thread")  # `.name` may be a property of the program's
        self.thread = _distinct(_plain(thread)[:NAME_LIMIT], _ident())
        self.native_id = threading.get_native_id()
        self.waits_for_ever = [
            marshalled(timeout=None, native_id=self.native_id, interruptible=interruptible)
            for interruptible in (False, True)
        ]

    def learn(self, kind: str, identity: int | None, at: str | None, fields: Fields) -> bytes:
        """Marshal an event, but for its time and those fields that are other ones each time."""
        if len(self.before) >= TOLD_LIMIT:
            self.before.clear()
        data = _dumps((kind, _pid, _process, self.thread, identity, at), _FORMAT)[len(_TUPLE) :]
        if type(fields) is bytes:
            data += fields
        if len(data) <= _ROOM:
            self.before[kind, identity, at, fields] = data
        return data


_told: _Told  # made when this process learns its name

_named: dict[str, int] = {}
"""The threads that said something under a name, which in this process is theirs alone."""

NAMES_KEPT = 1_000


def _distinct(name: str, ident: int) -> str:
    """The name; with a number where another thread is called the same."""
    if len(_named) >= NAMES_KEPT:  # most of them have ended
        for known in [known for known, other in _named.items() if other not in _threads]:
            del _named[known]
    distinct, number = name, 1
    while (other := _named.setdefault(distinct, ident)) != ident and other in _threads:
        number += 1
        distinct = f"{name}-{number}"
    _named[distinct] = ident
    return distinct


def marshalled(**fields: Any) -> bytes:
    """Fields that are always the same, ready for `emit`."""
    return _dumps(fields, _FORMAT)


NO_FIELDS = marshalled()
VALUE = ("value",)

_LAST = b"0"
"""Behind what was marshalled, since the last byte of all that is written must not be 0."""


_NOT_THE_PROGRAMS = (_signal.default_int_handler, _signal.SIG_DFL, _signal.SIG_IGN, None)
"""Handlers of Ctrl-C."""


def emit(
    kind: str, identity: int | None = None, at: str | None = None, constant: bytes = NO_FIELDS, **fields: Any
) -> bool:
    """Say that it happened, now and in this thread. False: nobody listens. `constant`: see `marshalled`.

    Raises nothing of its own; what a signal handler of the program raises meanwhile passes through.
    """
    if _queue is None:
        return False
    shape: Fields = tuple(fields) or constant
    value: Any = 0
    if fields:
        values = tuple(fields.values())
        value = values[0] if len(values) == 1 and type(values[0]) is int else values
    if emit_again(kind, identity, shape, 0, value, at):
        return True
    try:
        data = _known(kind, identity, at, shape)
        if fields:
            data += _dumps(fields, _FORMAT)
        if len(data) <= _ROOM:
            return _write(_begin(len(data) * 2 + _ALL_BUT_DATA, _BEFORE_TIME, Clock.now()) + data)
    except ValueError as error:
        if raised_elsewhere(error):
            raise
    item = (Clock.now(), kind, _pid, _process, _told.thread, identity, at, fields or marshal.loads(constant))
    return _write(record_of(_fitting(item)))


def emit_value(kind: str, identity: int, at: str | None, value: Any) -> bool:
    """The same for an event that has one field, `value`, of which the short form is told: see `value_of`."""
    return emit_again(kind, identity, VALUE, 0, value, at) or emit(kind, identity, at, value=value_of(value))


def emit_again(
    kind: str, identity: int | None, fields: Fields, depth: int, value: Any = 0, at: str | None = None
) -> bool:
    """What `caller(depth)` and `emit` or `emit_value` do, in one step, for what this thread has said twice before.

    `value`: of VALUE, whatever the program has; of other names, their values, or the only one, if that is an int.
    `depth` 0: it was `at`.
    False: nothing was said, and those two are to be asked.
    """
    buffers = _buffers
    try:
        write = buffers.write  # first: where a signal handler forks this process now, it leads nowhere
        heads = buffers.numbered.heads
        if depth:
            frame = _getframe(depth)
            place = id(frame.f_code) + frame.f_lasti
            head = heads.get((kind, identity, place, fields)) or _head_of_line(kind, identity, fields, frame)
        else:
            head = heads.get((kind, identity, at, fields))
        if not head:
            return False
        whole = type(value) is int
        if whole:
            data = _again(head, Clock.now(), value + value + 1)
        else:
            told = _dumps((value_of(value),) if fields is VALUE else value, _FORMAT) + _LAST
            if len(told) > _ROOM:
                return False
            data = _again(head, Clock.now(), len(told) * 2) + told + bytes(-len(told) % WORD)
        if not buffers.mine[0]:  # asked last: when something was called, a signal handler may have forked this process
            return False
        write(data)
        if whole:
            return True
    except (ValueError, struct.error) as error:  # there is no room; or an int has none in a word
        if raised_elsewhere(error):
            raise
        return False
    try:
        write(buffers.done)
    except ValueError as error:
        if raised_elsewhere(error):
            raise
        buffers.turn(write)
    return True


def _head_of_line(kind: str, identity: int | None, fields: Fields, frame: FrameType) -> int | None:
    """The number of what was said by the line that this instruction is in; it is known by the instruction now, too."""
    numbered = _buffers.numbered
    place = id(frame.f_code) + frame.f_lasti
    at = sites_known.get(place)
    if at is None:  # this line has not said anything yet
        return None
    head = numbered.heads.get((kind, identity, at, fields))
    if head and len(numbered.heads) < HEADS_KEPT:  # it may be a program that makes code for ever
        numbered.kept.append(frame.f_code)  # another one at the same address would say what this one did
        numbered.heads[kind, identity, place, fields] = head
    return head


def _known(kind: str, identity: int | None, at: str | None, fields: Fields) -> bytes:
    """An event but for its time, and for those fields that are other ones each time.

    What is said twice has a number from then on.
    """
    told = _told
    data = told.before.get((kind, identity, at, fields))
    if data is None:
        return told.learn(kind, identity, at, fields)
    numbered = _buffers.numbered
    if (kind, identity, at, fields) not in numbered.heads:
        shape = marshal.loads(fields) if type(fields) is bytes else fields
        head = _buffers.number((kind, _pid, _process, told.thread, identity, at, shape))
        if head:
            numbered.heads[kind, identity, at, fields] = head
    return data


def _write(record: bytes) -> bool:
    """Write it into this process's buffer, or where there is no room onto the pipe. False: nobody listens."""
    return _queue is not None and (_buffers.put(record) or _queue.put_record(record))


def emit_waiting(kind: str, identity: int | None, at: str | None, timeout: Any = None, **fields: Any) -> None:
    """Say that this thread waits from now on; `timeout` in seconds, None: for ever."""
    interruptible = _signal.getsignal(_signal.SIGINT) not in _NOT_THE_PROGRAMS
    if timeout is None and not fields:
        emit(kind, identity, at, _told.waits_for_ever[interruptible])
    else:
        emit(kind, identity, at, timeout=timeout, native_id=_told.native_id, interruptible=interruptible, **fields)


def emit_of(pid: int, process: str, kind: str, at: str | None = None, **fields: Any) -> bool:
    """Say what happened to another process, which could not say it itself."""
    return _write(record_of(_fitting((Clock.now(), kind, pid, process[:NAME_LIMIT], MAIN_THREAD, None, at, fields))))


def say(text: str, fields: dict[str, Any]) -> None:
    """A scenario narrates."""
    shown = {name: value_of(value) for name, value in fields.items()}
    emit("said", at=call_site(_frame_above_say()), text=str(text)[:TEXT_LIMIT], fields=shown)


def note(name: str, value: Any) -> None:
    """A scenario sets a gauge."""
    emit("noted", at=call_site(_frame_above_say()), name=str(name)[:NAME_LIMIT], value=value_of(value))


def _frame_above_say() -> FrameType | None:
    return sys._getframe(2).f_back  # `_getframe(3)` raises for `atexit.register(say, "bye")`


def _fitting(item: tuple[Any, ...]) -> bytes:
    try:
        data = marshal.dumps(item, _FORMAT)
    except ValueError as error:
        if raised_elsewhere(error):
            raise
        # Something is of a type derived from str or int: a process's name, a queue's size.
        item = tuple(_plain(value) for value in item)
        data = marshal.dumps(item, _FORMAT)
    if len(data) <= ITEM_LIMIT - HEADER.size:
        return data
    *head, fields = item
    for limit in (VALUE_LIMIT, 8):
        cut = {name[:NAME_LIMIT]: _cut(value, limit) for name, value in list(fields.items())[:8]}
        head = [value[: limit * 2] if isinstance(value, str) else value for value in head]
        data = marshal.dumps((*head, cut), _FORMAT)
        if len(data) <= ITEM_LIMIT - HEADER.size:
            return data
    return marshal.dumps((*head, {}), _FORMAT)


def _plain(value: Any, depth: int = _DEPTH_LIMIT) -> Any:
    """The value without types of the program's: none of its code is called for it, not even its `__class__`."""
    kind = type(value)
    if issubclass(kind, str):
        return str.__str__(value)
    if kind is not bool and issubclass(kind, int):
        return int.__int__(value)
    if kind is dict and depth:
        return {_name_of(name): _plain(inner, depth - 1) for name, inner in value.items()}
    return value if value is None or kind in (bool, float, bytes) else f"<{kind.__name__}>"


def _name_of(key: Any) -> str:
    return str.__str__(key) if issubclass(type(key), str) else f"<{type(key).__name__}>"


def _cut(value: Any, limit: int, depth: int = _DEPTH_LIMIT) -> Any:
    kind = type(value)
    if kind in (str, bytes):
        return value[:limit]
    if kind is dict and depth:
        return {_name_of(key)[:limit]: _cut(inner, limit, depth - 1) for key, inner in list(value.items())[:8]}
    if kind in (tuple, list) and depth:
        return [_cut(inner, limit, depth - 1) for inner in value[:8]]
    if kind is int and not -_INT_LIMIT <= value < _INT_LIMIT:
        return f"<int of {value.bit_length()} bits>"
    return value if value is None or kind in (bool, int, float) else f"<{kind.__name__}>"


# What a value looks like -------------------------------------------------------------------------------------


def value_of(value: Any) -> Any:
    """A short form of a value of the program's, for an event.

    Numbers and text stay (text is cut), small collections of them become their `repr`; of anything else only the
    type is told, since its `__repr__` is the program's code and not ours to call.
    """
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value
    if kind is int:
        return value if -_INT_LIMIT <= value < _INT_LIMIT else f"<int of {value.bit_length()} bits>"
    if kind is str:
        return value if len(value) <= VALUE_LIMIT else value[: VALUE_LIMIT - 1] + "…"
    if kind in (bytes, bytearray):
        return repr(bytes(value[:16])) if len(value) <= 16 else f"<{kind.__name__} of {len(value)}>"
    if kind in (tuple, list) and len(value) <= 8:
        inner = [value_of(item) for item in value]
        if all(type(item) in (int, float, bool, str, type(None)) for item in value):
            return str(tuple(inner) if kind is tuple else inner)[:VALUE_LIMIT]
    return f"<{kind.__name__}>"


class Waiting:
    """Remembers when a call began, to tell how long it took (`time.monotonic_ns`)."""

    __slots__ = ("began",)

    def __init__(self) -> None:
        self.began = Clock.now()

    def took(self) -> int:
        """ns since it began."""
        return Clock.now() - self.began
