"""Value and Array: which process reads and writes what is in them.

    counter.value ──► its lock, which is not told ──► the read or the write ──► value_read, value_written ──► released

A read or a write acquires the lock inside. That is no choice of the program's, and orders nothing but this one access:
so the access is one event, emitted while the lock is held. The events then have the order of the accesses. Of the lock
itself is told where a thread waits for it, and where the program acquires it: `with counter.get_lock():`.

Not seen: memory without a lock (RawValue, RawArray), what `get_obj()` hands out (to numpy, say), every n-th element of
an array, and a Value whose lock is of a class of the program's.
"""

import os
import sys
from _thread import get_ident
from collections.abc import Callable
from types import ModuleType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import VALUE, counts_repetitions, emit, emit_again, stamp_of
from procsim.tracer.instructions import stores_constant, stores_sum
from procsim.tracer.names import announce, disassembler
from procsim.tracer.patching import Methods, replace
from procsim.tracer.repetition import ValueRepetition
from procsim.tracer.sites import OF_HELPER, caller, outer_site
from procsim.tracer.values import value_of
from procsim.tracer.watch.inner_lock import enter
from procsim.tracer.watch.locks import (
    ENTERED,
    RECURSIVE_MUTEX,
    emit_released,
    has_semlocks,
    identity_of,
    traced_acquire,
)
from procsim.tracer.watch.ordering import names_paths
from procsim.wire import identities
from procsim.wire.pipe import raised_elsewhere

OF_ACCESS = 2
"""The `depth` for `emit_again` of a method that emits by itself."""

PLACE = ("value", "offset", "size")
FIELD = ("value", "key")
"""The fields of an access to elements of an array, and to a field of a structure; of a Value it is VALUE."""

_fstat = os.fstat
_getframe = sys._getframe


def patch_sharedctypes(module: ModuleType) -> None:
    """multiprocessing.sharedctypes."""
    disassembler()  # loads it now, while that is possible
    SynchronizedBase.replace_those_of(module.SynchronizedBase)
    SynchronizedArray.replace_those_of(module.SynchronizedArray)
    replace(module.Synchronized, "value", _traced_value(module.Synchronized.value))
    for name in ("value", "raw"):
        whole = _traced(getattr(module.SynchronizedString, name), PLACE)
        replace(module.SynchronizedString, name, whole)


class SynchronizedBase(Methods):
    """multiprocessing.sharedctypes.SynchronizedBase: `with counter:` and `counter.acquire()` on a Value or an Array.

    Where this thread holds the lock already, that is not emitted.
    """

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        self._procsim_memory = None  # an attribute that the class has, too, takes longer (Python 3.12)
        SynchronizedBase.real.__init__(self, *args, **kwargs)
        lock = self._lock
        if not has_semlocks("acquire", lock) or not has_semlocks("release", lock):
            return
        _trace_shared(self, lock)
        identity = _identity_of(self._obj)
        if identity is not None and has_semlocks("__enter__", lock) and has_semlocks("__exit__", lock):
            self._procsim_memory = _Memory(self._obj, lock, identity)
            _trace_fields(type(self))
            _announce(self, identity)

    def __enter__(self: Any) -> Any:
        if not has_semlocks("__enter__", self._lock) or _is_held(self._lock._semlock):
            return self._lock.__enter__()
        return traced_acquire(self._lock, _line(), how=ENTERED)

    def __exit__(self: Any, *args: object) -> None:
        try:
            if has_semlocks("__exit__", self._lock) and not _is_held(self._lock._semlock, times=2):
                emit_released(self._lock, _line())
        finally:
            self._lock.__exit__(*args)


class SynchronizedArray(Methods):
    """multiprocessing.sharedctypes.SynchronizedArray: its elements."""

    def __getitem__(self: Any, i: Any) -> Any:
        memory = self._procsim_memory
        place = memory.place(i) if memory is not None else None
        if place is None:
            return SynchronizedArray.real.__getitem__(self, i)
        raw = memory.raw
        if gate.shared[0] or not raw.acquire(False):
            enter(memory, "value_read", place)
        try:
            value = SynchronizedArray.real.__getitem__(memory.inside, i)
            values = (value_of(value), *place)
            if not emit_again("value_read", memory.identity, PLACE, OF_ACCESS, values):
                _emit_first(memory, ("value_read",), PLACE, values)
        finally:
            raw.release()
        return value

    def __setitem__(self: Any, i: Any, value: Any) -> None:
        memory = self._procsim_memory
        place = memory.place(i) if memory is not None else None
        if place is None:
            SynchronizedArray.real.__setitem__(self, i, value)
            return
        raw = memory.raw
        if gate.shared[0] or not raw.acquire(False):
            enter(memory, "value_written", place)
        try:
            SynchronizedArray.real.__setitem__(memory.inside, i, value)
            values = (value_of(value), *place)
            for kind in WRITTEN:
                if emit_again(kind, memory.identity, PLACE, OF_ACCESS, values):
                    break
            else:
                _emit_first(memory, WRITTEN, PLACE, values)
        finally:
            raw.release()


WRITTEN = ("value_written", "value_set")
"""The second one, where the program's code has the value as a constant."""


_COUNTED_TYPES = ("b", "B", "h", "H", "i", "I", "l", "q")
"""The integers of `ctypes` whose values an event always holds."""


class _Inside:
    """Stands for a Value or an Array whose lock is held already, in the methods of multiprocessing that acquire it."""

    acquire = release = bool

    def __init__(self, obj: Any) -> None:
        self._obj = obj

    def __enter__(self) -> None: ...

    def __exit__(self, *args: object) -> None: ...


class _Memory:
    """What is needed of a Value or an Array at each access."""

    __slots__ = ("again", "identity", "inside", "length", "lock", "obj", "raw")

    def __init__(self, obj: Any, lock: Any, identity: int) -> None:
        self.inside, self.lock, self.raw, self.identity = _Inside(obj), lock, lock._semlock, identity
        self.obj = obj
        self.length = len(obj) if hasattr(type(obj), "_length_") else 1
        self.again: ValueRepetition | None = None
        """What is done with it again and again may be counted."""
        if counts_repetitions() and not names_paths() and getattr(type(obj), "_type_", "") in _COUNTED_TYPES:
            stamp = stamp_of(identity)
            self.again = None if stamp is None else ValueRepetition(stamp)

    def place(self, i: Any) -> tuple[int, int] | None:
        """The first of the elements that an index or a slice stands for, and how many they are.

        None: there are none, or the access is not seen.
        """
        if type(i) is int:
            first = i if i >= 0 else i + self.length
            return (first, 1) if 0 <= first < self.length else None
        if type(i) is not slice or any(type(part) not in (int, type(None)) for part in (i.start, i.stop, i.step)):
            return None
        first, end, step = i.indices(self.length) if i.step != 0 else (0, 0, 0)
        return (first, end - first) if step == 1 and first < end else None


def _traced(real: Any, names: tuple[str, ...], *others: Any) -> property:
    """The property of a string, or of a field of a structure, that emits what `real` does.

    `names`: of the fields of its events; `others`: the values of all but the first. Those of PLACE are all elements.
    """
    read, write = real.fget, real.fset

    def get(self: Any) -> Any:
        memory = self._procsim_memory
        if memory is None:
            return read(self)
        raw = memory.raw
        if gate.shared[0] or not raw.acquire(False):
            enter(memory, "value_read", others)
        try:
            value = read(memory.inside)
            values = (value_of(value), *(others or (0, memory.length)))
            if not emit_again("value_read", memory.identity, names, OF_ACCESS, values):
                _emit_first(memory, ("value_read",), names, values)
        finally:
            raw.release()
        return value

    def set_(self: Any, value: Any) -> None:
        memory = self._procsim_memory
        if memory is None:
            write(self, value)
            return
        raw = memory.raw
        if gate.shared[0] or not raw.acquire(False):
            enter(memory, "value_written", others)
        try:
            write(memory.inside, value)
            values = (value_of(value), *(others or (0, memory.length)))
            for kind in WRITTEN:
                if emit_again(kind, memory.identity, names, OF_ACCESS, values):
                    break
            else:
                _emit_first(memory, WRITTEN, names, values)
        finally:
            raw.release()

    return property(get, set_, None, real.__doc__)


def _traced_value(real: Any) -> property:
    """The same for the value of a Value, which is counted where a thread adds to it again and again."""
    return property(_reading(real.fget), _writing(real.fset), None, real.__doc__)


def _reading(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def get(self: Any) -> Any:
        memory = self._procsim_memory
        if memory is None:
            return read(self)
        again, raw = memory.again, memory.raw
        try:
            frame, thread = _getframe(1), get_ident()
        except ValueError as error:  # see `sites.caller`
            if raised_elsewhere(error):
                raise
            again = None
        if (again is None and gate.shared[0]) or not raw.acquire(False):
            enter(memory, "value_read", ())
        try:
            if again is not None:
                value = memory.obj.value  # in half the time
                if frame.f_lasti == again.first_at and frame.f_code is again.first_code and thread == again.thread:
                    counted, count = again.counted, again.count
                    # In one line: see `Buffers.begin_repetition`.
                    if value == again.value and again.tail[1] == again.until == again.stamp[0] and not count & 1: counted[2] = again.count = count + 1; return value  # fmt: skip  # noqa: E501, E701, E702
                if again.read(frame, thread, memory.identity, value):
                    return value
            else:
                value = read(memory.inside)
                if memory.again is not None:
                    memory.again.end()
            if not emit_again("value_read", memory.identity, VALUE, OF_ACCESS, value):
                _emit_first(memory, ("value_read",), VALUE, value)
        finally:
            raw.release()
        return value

    return get


def _writing(write: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def set_(self: Any, value: Any) -> None:
        memory = self._procsim_memory
        if memory is None:
            write(self, value)
            return
        again, raw = memory.again, memory.raw
        try:
            frame, thread = _getframe(1), get_ident()
        except ValueError as error:  # see `sites.caller`
            if raised_elsewhere(error):
                raise
            again = None
        if (again is None and gate.shared[0]) or not raw.acquire(False):
            enter(memory, "value_written", ())
        try:
            if again is None or type(value) is not int:  # it may raise, and tracebacks are as ever
                write(memory.inside, value)
            else:
                memory.obj.value = value
            if again is not None:
                if frame.f_lasti == again.second_at and frame.f_code is again.second_code and thread == again.thread:
                    counted, count = again.counted, again.count
                    # The type first: a comparison could call code of the program's.
                    if type(value) is int and value == again.value + again.step and again.tail[1] == again.until == again.stamp[0] and count & 1: counted[2] = again.count = count + 1; again.value = value; return  # fmt: skip  # noqa: E501, E701, E702
                again.written(frame, thread, value)
            elif memory.again is not None:
                memory.again.end()
            for kind in WRITTEN:
                if emit_again(kind, memory.identity, VALUE, OF_ACCESS, value):
                    break
            else:
                _emit_first(memory, WRITTEN, VALUE, value)
        finally:
            raw.release()

    return set_


def _emit_first(memory: _Memory, kinds: tuple[str, ...], names: tuple[str, ...], values: Any) -> None:
    """Emit an access that is not interned; `kinds`: of WRITTEN, the one that it is."""
    if names is VALUE:
        values = (value_of(values),)
    fields, frame = dict(zip(names, values, strict=True)), _frame()
    kind = kinds[-1] if len(kinds) > 1 and stores_constant(frame) else kinds[0]
    if kind == "value_written" and values[0] == 1 and stores_sum(frame):
        fields["counted"] = True  # it is no flag that is set; for other values that is no question
    emit(kind, memory.identity, caller(OF_HELPER) or outer_site(2), **fields)


def _frame() -> Any:
    """The frame of the program's code that reads or writes; None: there is none."""
    frame = sys._getframe(2)
    return frame.f_back


def _identity_of(obj: Any) -> int | None:
    """The identity of shared memory: the file that its arena maps, and where in it. None: it is no shared memory."""
    try:
        (arena, start, _stop), _size = obj._wrapper._state
        status = _fstat(arena.fd)
    except (AttributeError, TypeError, ValueError, OSError) as error:
        if raised_elsewhere(error):
            raise
        return None
    return identities.memory(status.st_dev, status.st_ino, start)


def _announce(shared: Any, identity: int) -> None:
    """Emit that it was made; not where a new process has unpickled it."""
    frame = sys._getframe(2).f_back
    if frame is None or frame.f_globals.get("__name__") != "multiprocessing.spawn":
        kind = "Array" if hasattr(type(shared._obj), "_length_") else "Value"
        lock = identity_of(shared._lock)
        announce("value_created", identity, kind, length=shared._procsim_memory.length, lock=lock)


def _trace_fields(made: type) -> None:
    """Trace the fields of a structure, for which multiprocessing has made this class."""
    if SynchronizedBase.owner not in made.__bases__ or made.__name__ == "Synchronized":
        return
    for name, value in list(vars(made).items()):
        if type(value) is property and getattr(value.fget, "__globals__", {}).get("__name__") != __name__:
            replace(made, name, _traced(value, FIELD, f".{name}"))


def _trace_shared(shared: Any, lock: Any) -> None:
    """Have the `acquire` and `release` that a Value or an Array takes over from its lock emit as `with` does."""
    raw = lock._semlock

    def acquire(block: Any = True, timeout: Any = None) -> bool:
        if _is_held(raw):
            return raw.acquire(block, timeout)  # type: ignore[no-any-return]
        return traced_acquire(lock, _line(), block, timeout)

    def release() -> None:
        try:
            if not _is_held(raw, times=2):  # else this thread holds it afterwards, too
                emit_released(lock, _line())
        finally:
            raw.release()

    shared.acquire, shared.release = acquire, release


def _line() -> str | None:
    """The call site of the method that asks. Where that is INTERNAL, the line of the program."""
    return caller(OF_HELPER) or outer_site()


def _is_held(raw: Any, times: int = 1) -> bool:
    """Whether this thread has acquired an RLock so many times at least, and not released it since."""
    return bool(raw.kind == RECURSIVE_MUTEX and raw._is_mine() and raw._count() >= times)
