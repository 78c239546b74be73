"""Emits events: each is written for procsim before the traced operation goes on.

    call site (file:line), kind, object, fields ──┐
    who (PID, process, thread) ───────────────────┼──► record ──────► shared memory, or the EventQueue
    time ─────────────────────────────────────────┴──► occurrence ──► shared memory, if the event is interned

This is the path of every traced operation, so it counts nanoseconds: what comes again is kept marshalled, and from
its second occurrence an event is interned (`procsim.wire.interned`). In one process, with nobody drawing beside it, an
event of a lock takes 0.83 µs (Python 3.11, a virtual machine), of a SimpleQueue 1.6, of a Pipe 1.3; as records they
took 1.00, 2.05 and 1.77. One that is only counted (`procsim.tracer.repetition`) takes a third of that. C code would be
quicker still, but the tracer has to work in any interpreter, and to be read.

Nothing here catches an exception of the program's: its signal handlers may raise at any line.
"""

import _signal  # type: ignore[import-not-found]  # signal itself makes an enum of every handler it is asked for
import _thread
import marshal
import os
import resource  # noqa: F401 - the EventQueue imports it late, when a resource.py beside the script would be found
import struct
import sys
import threading
from functools import partial
from types import FrameType, MethodType
from typing import Any

from procsim.tracer import thread_names
from procsim.tracer.sites import call_site, sites_known
from procsim.tracer.values import NAME_LIMIT, TEXT_LIMIT, fitting, plain, value_of
from procsim.wire.identities import MAIN_THREAD
from procsim.wire.interned import INTERNED_LIMIT, MARSHAL_FORMAT, occurrence, pack_occurrence
from procsim.wire.memory import Buffers
from procsim.wire.pipe import HEADER, ITEM_LIMIT, Clock, EventQueue, raised_elsewhere, record_of

# The beginning of a record: its size, and of the tuple of eight that `procsim.wire.events.from_wire` takes apart the
# first element, the time. The time is new in each event; all that follows can be kept marshalled.
_TUPLE = b"(" + (8).to_bytes(4, "little")
_BEFORE_TIME = _TUPLE + b"I"  # marshal's sign of an integer of 64 bits
_BEGINNING = struct.Struct(f"<H{len(_BEFORE_TIME)}sq")  # `pipe.HEADER` first: twice the size, and one
_SIZE_WITHOUT_DATA = (_BEGINNING.size - HEADER.size) * 2 + 1
_ROOM = ITEM_LIMIT - _BEGINNING.size
"""The bytes of a record that are left for what follows the time."""

HEADS_KEPT = INTERNED_LIMIT * 2
"""Keys in the intern table of a thread: each event by its line, and by the instructions in it."""

MARSHALLED_LIMIT = 1_000
"""Events that a thread keeps marshalled."""

Fields = bytes | tuple[str, ...]
"""The fields of an event: marshalled bytes if they never change, or their names if their values do."""

_queue: EventQueue | None = None
_buffers = Buffers()
_repetitions = False
_looked = False
"""Whether the program has looked at something of which no event tells, and this was not emitted yet: see `look`."""
_pid = 0
_process = ""

_dumps = marshal.dumps
_begin = _BEGINNING.pack
_getframe = sys._getframe


def open_channel(queue: EventQueue, repetitions: bool = False) -> None:
    """From now on, emit events there; `repetitions`: what comes again and again may be counted."""
    global _queue, _buffers, _repetitions
    _repetitions = repetitions
    ask_who_we_are()
    queue.open()  # now, while this process still may: before a chroot, another user, a limit of descriptors
    _buffers = Buffers(os.path.dirname(queue.path))
    _queue = queue


def close_channel() -> None:
    """Emit nothing more."""
    global _queue, _buffers
    if _queue is not None:
        _queue.close()
        _queue, _buffers = None, Buffers()


def active() -> bool:
    """Whether this process is traced."""
    return _queue is not None


def counts_repetitions() -> bool:
    """Whether what comes again and again may be counted."""
    return _repetitions


def run_is_over() -> bool:
    """Whether this process goes on after the run that it belonged to: its events have no reader."""
    return _queue is not None and _queue.silent


# Who we are --------------------------------------------------------------------------------------------------


def ask_who_we_are() -> None:
    """Learn PID and name of this process anew: when it begins, and after a fork."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    become(multiprocessing.current_process()._name if multiprocessing else "MainProcess")


def become(name: str) -> None:
    """This process has this name from now on."""
    global _pid, _process, _this_thread
    name = plain(name)[:NAME_LIMIT]
    forked_from, _pid = _pid, os.getpid()
    _process = name
    thread_names.forget()
    _this_thread = _ThisThread()
    # Last, since what was interned meanwhile has the old name in it.
    if forked_from in (0, _pid):
        _buffers.forget_interned()
    else:
        _buffers.begin()


def process_name() -> str:
    """The name of this process in its events."""
    return _process


class _ThisThread(_thread._local):
    """What each thread of this process knows of itself, and has emitted before."""

    def __init__(self) -> None:
        self.marshalled: dict[tuple[str, int | None, str | None, Fields], bytes] = {}
        """Records, but for their time and for the fields whose values vary."""
        self.name = thread_names.name_of_this_thread()
        self.native_id = threading.get_native_id()
        self.waits_for_ever = [
            marshalled(timeout=None, native_id=self.native_id, interruptible=interruptible)
            for interruptible in (False, True)
        ]

    def keep_marshalled(self, kind: str, identity: int | None, at: str | None, fields: Fields) -> bytes:
        """Marshal an event but for its time and for the fields whose values vary, and keep that."""
        if len(self.marshalled) >= MARSHALLED_LIMIT:
            self.marshalled.clear()
        data = _dumps((kind, _pid, _process, self.name, identity, at), MARSHAL_FORMAT)[len(_TUPLE) :]
        if type(fields) is bytes:
            data += fields
        if len(data) <= _ROOM:
            self.marshalled[kind, identity, at, fields] = data
        return data


_this_thread: _ThisThread  # made when this process learns its name


# Emitting ----------------------------------------------------------------------------------------------------


def look() -> None:
    """The program has looked at something of which no event tells. That is emitted with what it does next."""
    global _looked
    _looked = True


def forget_look() -> None:
    """What was looked at in this process until now was not looked at by the program."""
    global _looked
    _looked = False


def _emit_look() -> None:
    global _looked
    _looked = False
    emit("surroundings_seen")


def marshalled(**fields: Any) -> bytes:
    """Fields that are always the same, ready for `emit`."""
    return _dumps(fields, MARSHAL_FORMAT)


NO_FIELDS = marshalled()
VALUE = ("value",)


def emit(
    kind: str, identity: int | None = None, at: str | None = None, constant: bytes = NO_FIELDS, **fields: Any
) -> bool:
    """Emit an event of this moment and this thread. False: it was not written, as events have no reader any more.

    `identity`: of the object it happened to; `constant`: the fields, where they never change (see `marshalled`).

    Raises nothing of its own; what a signal handler of the program raises meanwhile passes through.
    """
    if _queue is None:
        return False
    if _looked:
        _emit_look()
    shape: Fields = tuple(fields) or constant
    value: Any = 0
    if fields:
        values = tuple(fields.values())
        value = values[0] if len(values) == 1 and type(values[0]) is int else values
    if emit_again(kind, identity, shape, 0, value, at):
        return True
    try:
        data = _all_but_time(kind, identity, at, shape)
        if fields:
            data += _dumps(fields, MARSHAL_FORMAT)
        if len(data) <= _ROOM:
            return _write(_begin(len(data) * 2 + _SIZE_WITHOUT_DATA, _BEFORE_TIME, Clock.now()) + data)
    except ValueError as error:
        if raised_elsewhere(error):
            raise
    item = (Clock.now(), kind, _pid, _process, _this_thread.name, identity, at, fields or marshal.loads(constant))
    return _write(record_of(fitting(item)))


def emit_value(kind: str, identity: int, at: str | None, value: Any) -> bool:
    """Emit an event that has one field, `value`, in its short form: see `value_of`."""
    return emit_again(kind, identity, VALUE, 0, value, at) or emit(kind, identity, at, value=value_of(value))


def emit_again(
    kind: str, identity: int | None, fields: Fields, depth: int, value: Any = 0, at: str | None = None
) -> bool:
    """Emit an event in one step, where this thread has interned it. False: nothing was emitted, so call `emit`.

    `depth`: that of `sites.caller`, where the event has its call site; 0: it is `at`.
    `value`: of VALUE, any value of the program's; of other names, the tuple of their values, or the only one if that is
    an int.
    """
    if _looked:
        _emit_look()
    buffers = _buffers
    try:
        write, tail = buffers.write, buffers.tail  # first: if a signal handler forks now, the child finds it full
        heads = buffers.interned.heads
        if depth:
            frame = _getframe(depth)
            place = id(frame.f_code) + frame.f_lasti
            head = heads.get((kind, identity, place, fields)) or _head_of_line(kind, identity, fields, frame)
        else:
            head = heads.get((kind, identity, at, fields))
        if not head:
            return False
        is_integer = type(value) is int
        if is_integer:
            data = pack_occurrence(head, Clock.now(), value + value + 1)
        else:
            data = occurrence(head, Clock.now(), (value_of(value),) if fields is VALUE else value)
        # Check last: a call above may have run a handler that forked, and a child must not write in its parent's slot.
        if not buffers.not_forked[0]:
            return False
        tail[1] = 0; write(data)  # fmt: skip  # noqa: E702 - one line: see `Buffers.begin_repetition`
        if is_integer:
            return True
    except (ValueError, struct.error) as error:  # there is no room; or the int has more than 63 bits
        if raised_elsewhere(error):
            raise
        return False
    buffers.commit(write)
    return True


def _head_of_line(kind: str, identity: int | None, fields: Fields, frame: FrameType) -> int | None:
    """The head of an event that was interned by its line. From now on it is found by this instruction, too."""
    table = _buffers.interned
    place = id(frame.f_code) + frame.f_lasti
    at = sites_known.get(place)
    if at is None:  # nothing was emitted of this line yet
        return None
    head = table.heads.get((kind, identity, at, fields))
    if head and len(table.heads) < HEADS_KEPT:  # else it may be a program that makes code for ever
        table.kept.append(frame.f_code)  # later code at the same address would be taken for it
        table.heads[kind, identity, place, fields] = head
    return head


Prepared = tuple[str, int | None, int, Fields]
"""An event as it is interned: kind, object, the address of the instruction that calls for it, and fields."""


def stamp_of(identity: int) -> memoryview | None:
    """The word in which it can be seen whether another process has used an object: see `memory.STAMPS_AT`."""
    return _buffers.stamp_of(identity)


def emit_first(
    first: Prepared, second: Prepared, values: tuple[int, int] | None = None
) -> tuple[int, memoryview, memoryview] | None:
    """Emit the first of two events that repeat each other. None: nothing was emitted, so call `emit`.

    Returns until when the repetition may go on, `Buffers.tail`, and the words that count. For that and for `values` see
    `Buffers.begin_repetition`.
    """
    buffers = _buffers
    heads = buffers.interned.heads
    head, next_head = heads.get(first), heads.get(second)
    if not head or not next_head:
        return None
    try:
        until, counted = buffers.begin_repetition(head, next_head, Clock.now(), values)
    except (ValueError, struct.error) as error:  # there is no room
        if raised_elsewhere(error):
            raise
        return None
    return until, buffers.tail, counted


def _all_but_time(kind: str, identity: int | None, at: str | None, fields: Fields) -> bytes:
    """An event, marshalled but for its time and for the fields whose values vary. The second time it is interned."""
    data = _this_thread.marshalled.get((kind, identity, at, fields))
    if data is None:
        return _this_thread.keep_marshalled(kind, identity, at, fields)
    table = _buffers.interned
    if (kind, identity, at, fields) not in table.heads:
        shape = marshal.loads(fields) if type(fields) is bytes else fields
        head = _buffers.intern((kind, _pid, _process, _this_thread.name, identity, at, shape))
        if head:
            table.heads[kind, identity, at, fields] = head
    return data


def _write(record: bytes) -> bool:
    """Write a record into this process's slot, or, without room there, onto the EventQueue. False: it has no reader."""
    return _queue is not None and (_buffers.put(record) or _queue.put_record(record))


_NOT_THE_PROGRAMS = (_signal.default_int_handler, _signal.SIG_DFL, _signal.SIG_IGN, None)
"""Handlers of Ctrl-C that a program has not installed itself."""


def _is_of_asyncio(handler: Any) -> bool:
    """Whether this handler is that of asyncio.run, which cancels its task. A forked process has it, too."""
    runners = sys.modules.get("asyncio.runners")
    method = handler.func if type(handler) is partial else None
    return runners is not None and type(method) is MethodType and method.__func__.__globals__ is vars(runners)


def handles_interrupts() -> bool:
    """Whether the program has a handler of Ctrl-C of its own, which may end a wait."""
    handler = _signal.getsignal(_signal.SIGINT)
    return handler not in _NOT_THE_PROGRAMS and not _is_of_asyncio(handler)


def emit_waiting(kind: str, identity: int | None, at: str | None, timeout: Any = None, **fields: Any) -> None:
    """Emit that this thread waits from now on; `timeout` in seconds, None: for ever."""
    interruptible = handles_interrupts()
    thread = _this_thread
    if timeout is None and not fields:
        emit(kind, identity, at, thread.waits_for_ever[interruptible])
    else:
        emit(kind, identity, at, timeout=timeout, native_id=thread.native_id, interruptible=interruptible, **fields)


def emit_of(pid: int, process: str, kind: str, at: str | None = None, **fields: Any) -> bool:
    """Emit what happened to another process, which could not emit it itself. False: it has no reader."""
    return _write(
        record_of(fitting((Clock.now(), kind, pid, plain(process)[:NAME_LIMIT], MAIN_THREAD, None, at, fields)))
    )


def say(text: str, fields: dict[str, Any]) -> None:
    """A scenario narrates. `text` may hold placeholders for the fields."""
    shown = {name: value_of(value) for name, value in fields.items()}
    emit("said", at=call_site(_frame_above_say()), text=str(text)[:TEXT_LIMIT], fields=shown)


def note(name: str, value: Any) -> None:
    """A scenario sets a gauge."""
    emit("noted", at=call_site(_frame_above_say()), name=str(name)[:NAME_LIMIT], value=value_of(value))


def _frame_above_say() -> FrameType | None:
    return sys._getframe(2).f_back  # `_getframe(3)` raises for `atexit.register(say, "bye")`


class Waiting:
    """How long a call takes."""

    __slots__ = ("began",)

    def __init__(self) -> None:
        self.began = Clock.now()

    def took(self) -> int:
        """ns since it began."""
        return Clock.now() - self.began
