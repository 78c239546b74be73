"""Manager: the calls that a process makes through a proxy, and their answers; what it reads and writes by them.

    shared["sum"] ──► manager_called ──► manager_answered ──► value_read
    shared["sum"] = 1 ──► value_written ──► manager_called ──► manager_answered
    with shared_lock  ──► manager_called ──► lock_acquired … lock_released ──► manager_called ──► manager_answered

A manager does what several processes ask for at once in an order that is not seen. So a read has the time of its answer
and a write that of its call: where a write stands between them, it was not read.

What the manager does in one step (`append`, `update`, `pop`) overwrites nothing unread; so it is told that it was
changed, and not how.
"""

import sys
from types import FrameType, ModuleType
from typing import Any

from procsim.tracer import explored, gate
from procsim.tracer.emit import Waiting, emit, emit_waiting
from procsim.tracer.instructions import changes_in_vain, stores_constant, stores_sum
from procsim.tracer.names import announce, disassembler
from procsim.tracer.patching import Methods
from procsim.tracer.sites import outer_site, program_frame
from procsim.tracer.values import entry_of
from procsim.tracer.watch.locks import CALLED, ENTERED
from procsim.wire import identities
from procsim.wire.explore_words import THROUGH_MANAGER

KEY_LIMIT = 60
"""Characters of a key that an event carries. An entry with a longer one is not told: it could be taken for another."""


def _is_arbitrary(address: Any) -> bool:
    """Whether multiprocessing chose the address (`connection.arbitrary_address`): only this program then knows it."""
    return type(address) is str and "/pymp-" in address


def patch_managers(module: ModuleType) -> None:
    """multiprocessing.managers."""
    disassembler()  # loads it now, while that is possible
    kinds = {name: getattr(module, name) for name in (*_SUBSCRIPTED, "NamespaceProxy", "ValueProxy")}
    made_of = {typeid: row[0] for typeid, row in module.SyncManager._registry.items()}
    locks = {typeid for typeid, maker in made_of.items() if maker in _makers_of_locks(module.threading)}
    BaseProxy.replace_those_of(module.BaseProxy, kinds=kinds, locks=locks, acquirer=module.AcquirerProxy)
    Server.replace_those_of(module.Server)


_SUBSCRIPTED = ("DictProxy", "ListProxy", "ArrayProxy")


def _makers_of_locks(threading: ModuleType) -> tuple[Any, ...]:
    return threading.Lock, threading.RLock, threading.Semaphore, threading.BoundedSemaphore


class BaseProxy(Methods):
    """multiprocessing.managers.BaseProxy."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        BaseProxy.real.__init__(self, *args, **kwargs)
        frame = sys._getframe(1)
        made = frame.f_code.co_name == "temp" and frame.f_globals.get("__name__") == "multiprocessing.managers"
        if made and _kind_of(self):
            announce("value_created", _identity_of(self), self._token.typeid, length=1, lock=None)
        elif made and _is_lock(self):
            announce("lock_created", _identity_of(self), self._token.typeid, value=_value_given(frame))

    def _callmethod(self: Any, methodname: str, args: Any = (), kwds: Any = {}) -> Any:  # noqa: B006 - as the original
        if methodname == "acquire" and _is_lock(self):
            return _acquire(self, args, kwds, sys._getframe(1))
        if methodname == "release" and _is_lock(self):
            try:
                _emit_released(self, outer_site())
            finally:
                answer = BaseProxy.real._callmethod(self, methodname, args, kwds)
            return answer
        frame = program_frame(sys._getframe(1))
        at = outer_site()
        typeid = self._token.typeid
        access = _access(self, methodname, args)
        if access is None or access[0] == "value_changed":
            _arrive("manager_answered", None, at, f"{typeid}.{methodname}")
        else:
            _arrive(access[0], _identity_of(self), at, access[1])
        if access is not None and access[0] == "value_written":
            is_one = type(args[-1]) is int and args[-1] == 1
            counted = {"counted": True} if is_one and stores_sum(frame) else {}
            _emit(self, "value_set" if stores_constant(frame) else "value_written", at, args[-1], access[1], **counted)
        elif access is not None and access[0] == "value_changed":
            emit("value_changed", _identity_of(self), at, method=methodname)
        emit_waiting("manager_called", None, at, type=typeid, method=methodname)
        waiting = Waiting()
        try:
            answer = BaseProxy.real._callmethod(self, methodname, args, kwds)
        finally:  # an exception is an answer, too
            seen = _identity_of(self) if _only_looks(self, methodname, access) else None
            emit("manager_answered", seen, at, type=typeid, method=methodname, took=waiting.took())
        if access is not None and access[0] == "value_read":
            _emit(self, "value_read", at, answer, access[1])
            if type(answer) in _COPIED and changes_in_vain(frame):
                _emit(self, "value_copy_changed", at, type(answer).__name__, access[1])
        return answer


def _arrive(kind: str, identity: int | None, at: str | None, subject: Any = None, limited: bool = False) -> bool:
    """Pass the gate before the manager is asked for this. False: no time passes, and what is asked for is not there."""
    if not explored.active:
        gate.arrive(kind, identity, at, subject=subject)
        return True
    return explored.ask(kind, identity, at, None if limited else lambda: True, subject, THROUGH_MANAGER)


# Locks -------------------------------------------------------------------------------------------------------


def _is_lock(proxy: Any) -> bool:
    """Whether it stands for a lock or semaphore of threading's, and not for a Condition, or what the program has."""
    return type(proxy) is BaseProxy.real.acquirer and proxy._token.typeid in BaseProxy.real.locks


def _value_given(making: FrameType) -> int:
    """How many may hold the lock or semaphore at once that this call of a manager's makes."""
    args, named = making.f_locals.get("args"), making.f_locals.get("kwds")
    value = args[0] if args else (named or {}).get("value", 1)
    return value if type(value) is int else 1


def _acquire(proxy: Any, args: Any, kwds: Any, frame: FrameType) -> Any:
    """Ask the manager for a lock, and emit whether it was given. `frame`: of the proxy's method that asks."""
    identity, at, real = _identity_of(proxy), outer_site(2), BaseProxy.real._callmethod
    entered = frame.f_code is BaseProxy.real.acquirer.__enter__.__code__
    typeid = proxy._token.typeid
    limit = _time_limit(args)
    if not _arrive("lock_acquired", identity, at, limited=limit is not None):
        args, kwds, limit = (False,), {}, 0.0
    emit_waiting("manager_called", identity, at, limit, type=typeid, method="acquire")
    waiting = Waiting()
    acquired = False
    try:
        answer = real(proxy, "acquire", args, kwds)
        acquired = answer is True
    finally:
        if not acquired:
            emit("lock_refused", identity, at, took=waiting.took())
    if acquired:
        try:
            emit("lock_acquired", identity, at, ENTERED if entered else CALLED)
        except BaseException:  # as in `SemLock.acquire`
            try:
                emit("lock_released", identity)
            finally:
                real(proxy, "release")
            raise
    return answer


def _emit_released(proxy: Any, at: str | None) -> None:
    _arrive("lock_released", _identity_of(proxy), at)
    emit("lock_released", _identity_of(proxy), at)


def _time_limit(args: Any) -> float | None:
    """After how many seconds a lock is not waited for any more, by what its `acquire` was given."""
    if not args or (len(args) == 1 and args[0]):
        return None
    seconds = args[1] if len(args) > 1 and args[0] else 0
    if type(seconds) not in (int, float):
        return 0.0
    return seconds if seconds >= 0 else None


# Values and entries ------------------------------------------------------------------------------------------

_COPIED = (list, dict, set, bytearray)
"""Types that are sent as copies, and can be changed."""


def _emit(proxy: Any, kind: str, at: str | None, value: Any, key: str, **more: Any) -> None:
    fields = {"value": entry_of(value)} | ({"key": key} if key else {}) | more
    emit(kind, _identity_of(proxy), at, **fields)


def _identity_of(proxy: Any) -> int:
    """The identity of the object in the manager that a proxy stands for."""
    token = proxy._token
    address = token.address
    return identities.referent(address if type(address) is str else repr(address), int(token.id, 16))


def _kind_of(proxy: Any) -> str:
    """The class of multiprocessing's that a proxy is of; "" if it is of none that has values or entries."""
    kinds = BaseProxy.real.kinds
    return next((name for name, kind in kinds.items() if issubclass(type(proxy), kind)), "")


def _access(proxy: Any, method: str, args: Any) -> tuple[str, str] | None:
    """What a call does with values, as the kind of an event, and with which: as it follows the name of the object in
    the program's code. None: it is no such object, or is looked at without reading an entry.
    """
    kind = _kind_of(proxy)
    if not kind or method in _LOOKS:
        return None
    access = (
        _ACCESSES.get(method) if kind != "ValueProxy" else {"get": "value_read", "set": "value_written"}.get(method)
    )
    if access is None:
        return "value_changed", ""
    if kind == "ValueProxy":
        return access, ""
    key = _key(args[0], kind) if args else ""
    if key:
        return access, key
    return ("value_changed", "") if access == "value_written" else None


def _only_looks(proxy: Any, method: str, access: tuple[str, str] | None) -> bool:
    """Whether a call changes nothing in the object."""
    return access[0] == "value_read" if access is not None else method in _LOOKS and bool(_kind_of(proxy))


_ACCESSES = {
    **dict.fromkeys(("__getitem__", "get", "__getattribute__"), "value_read"),
    **dict.fromkeys(("__setitem__", "__setattr__"), "value_written"),
}
"""What the methods do that read or write one entry. Of all others but _LOOKS, it is not known what they change."""

_LOOKS = frozenset(
    {
        *("#GETVALUE", "__contains__", "__len__", "__iter__", "__reversed__", "__str__", "__repr__", "__eq__"),
        *("keys", "values", "items", "copy", "count", "index", "__add__", "__mul__", "__rmul__", "__or__", "__ror__"),
    }
)


def _key(key: Any, kind: str) -> str:
    """A key as the program's code has it; "" where its short form might stand for several keys."""
    if kind == "NamespaceProxy":
        return f".{key}" if type(key) is str and len(key) < KEY_LIMIT else ""
    if type(key) is int and (kind == "DictProxy" or key >= 0):
        return f"[{key}]"
    if kind == "DictProxy" and type(key) is str and len(key) < KEY_LIMIT - 4:
        return f"[{key!r}]"
    if kind == "DictProxy" and type(key) is tuple and all(type(each) in (int, str) for each in key):
        words = f"[{key!r}]"
        return words if len(words) < KEY_LIMIT else ""
    return ""


class Server(Methods):
    """multiprocessing.managers.Server."""

    def serve_forever(self: Any) -> None:
        emit("manager_began", public=not _is_arbitrary(self.address))
        if explored.active:
            explored.tell_serves()
        Server.real.serve_forever(self)
