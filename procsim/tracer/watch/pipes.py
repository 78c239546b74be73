"""Pipe: what goes through the two connections that `Pipe()` made. One end is one object, known by its inode."""

import fcntl
import os
import select
import sys
import termios
from functools import partial
from types import FrameType, ModuleType
from typing import Any

from procsim.tracer import explored, gate
from procsim.tracer.emit import VALUE, emit, emit_again, emit_value, emit_waiting, look
from procsim.tracer.names import disassembler, variable_names
from procsim.tracer.patching import Methods, replace
from procsim.tracer.sites import INTERNAL, OF_HELPER, OF_METHOD, call_site, caller, module_of, program_frame
from procsim.wire.identities import pipe_end
from procsim.wire.pipe import raised_elsewhere

PIPE_BYTES = 8 * 4096
"""What goes into a pipe for certain: Linux gives it 16 pages, and may leave each of them half empty."""

_ioctl, _FIONREAD, _NONE = fcntl.ioctl, termios.FIONREAD, bytes(4)


def _identity_of_end(connection: Any) -> int:
    """The identity of one end, the same in each process that has it."""
    known: int | None = connection._procsim_identity
    if known is None:
        handle = connection._handle
        if handle is None:
            return 0
        vars(connection)["_procsim_identity"] = known = pipe_end(inode(handle), connection._readable)
    return known


def belong_to_a_queue(*connections: Any) -> None:
    """Mark connections inside a queue: no send or receive there is a call of the program's own."""
    for connection in connections:
        own = vars(connection)
        own["_procsim_inner"], own["_procsim_queue"] = True, None


def inode(descriptor: int) -> int:
    """The inode of a pipe or socket; 0: the descriptor is not open."""
    try:
        return os.fstat(descriptor).st_ino
    except OSError as error:
        if raised_elsewhere(error):
            raise
        return 0


def bytes_are_waiting(descriptor: int) -> bool:
    """Whether a read from this pipe or socket would find something."""
    try:
        count = bytearray(4)  # one that can be changed: ioctl copies any other, which takes longer than the call
        _ioctl(descriptor, _FIONREAD, count)
        return count != _NONE
    except OSError as error:
        if raised_elsewhere(error):
            raise
        return True  # closed: then the call itself raises


def _has_news(connection: Any) -> bool:
    """Whether a read from a connection would not wait: there are bytes, or no process has the other end."""
    if connection._handle is None:
        return True
    poll = select.poll()
    poll.register(connection._handle, select.POLLIN)
    return bool(poll.poll(0))


def patch_connection(module: ModuleType) -> None:
    """multiprocessing.connection."""
    disassembler()
    pipe = module.Pipe

    def traced_pipe(duplex: bool = True) -> Any:
        first, second = pipe(duplex)
        _announce(first, second, sys._getframe().f_back)  # `_getframe(1)` raises where C code calls
        return first, second

    replace(module, "Pipe", traced_pipe)
    Connection.replace_those_of(module.Connection)
    if explored.known:
        _Closing.replace_those_of(module.Connection)


def _announce(first: Any, second: Any, frame: FrameType | None) -> None:
    """Announce both ends of a pipe that the code of this frame has made, or its context for it."""
    if frame is not None and module_of(frame) == "multiprocessing.context":
        frame = frame.f_back
    at = call_site(frame)
    if at != INTERNAL:
        names = variable_names(program_frame(frame), "pipe", 2)
        ends = [_identity_of_end(first), _identity_of_end(second)]
        for name, end, other in zip(names, ends, reversed(ends), strict=True):
            emit("pipe_created", end, at, name=name, type="Pipe", other=other)


class Connection(Methods):
    """multiprocessing.connection.Connection: one end of a pipe."""

    _procsim_identity = None
    _procsim_inner = False
    _procsim_queue: int | None = None
    """The SimpleQueue of the program that it is inside of, as its writing end; else None."""
    _procsim_sent = 0

    def send(self: Any, obj: Any) -> None:
        is_closed = self._handle is None  # then it raises
        if is_closed or gate.shared[0] or not emit_again("pipe_sent", self._procsim_identity, VALUE, OF_METHOD, obj):
            _emit_sent(self, obj)
        Connection.real.send(self, obj)

    def send_bytes(self: Any, buf: Any, offset: Any = 0, size: Any = None) -> None:
        if self._procsim_inner:
            queue = self._procsim_queue
            if queue is None or _has_room(self._handle, len(buf)):
                Connection.real.send_bytes(self, buf, offset, size)
            else:
                _wait_for_room(self, queue, buf)
            if gate.shared[0]:
                self._procsim_sent += 1
            return
        _emit_sent(self, buf)
        Connection.real.send_bytes(self, buf, offset, size)

    def recv(self: Any) -> Any:
        if gate.shared[0] or self._handle is None or not bytes_are_waiting(self._handle):
            at = caller()
            recv = Connection.real.recv
            return recv(self) if at == INTERNAL else _receive(self, at, recv)
        try:
            received = Connection.real.recv(self)
        except EOFError:  # in the middle of a message
            if (at := caller()) != INTERNAL:
                emit("pipe_ended", _identity_of_end(self), at)
            raise
        if not emit_again("pipe_received", self._procsim_identity, VALUE, OF_METHOD, received):
            at = caller()
            if at != INTERNAL:
                emit_value("pipe_received", _identity_of_end(self), at, received)
        return received

    def poll(self: Any, timeout: Any = 0.0) -> Any:
        if gate.has_step("pipe_polled") and not self._procsim_inner and (at := caller()) != INTERNAL:
            news = None if timeout is not None else partial(_has_news, self)
            if gate.arrive_for_a_time("pipe_polled", _identity_of_end(self), at, news):
                timeout = 0.0
        limited = type(timeout) in (int, float) and timeout > 0
        at_once = not limited or self._procsim_inner or self._handle is None or bytes_are_waiting(self._handle)
        if at_once or (at := caller()) == INTERNAL:
            ready = Connection.real.poll(self, timeout)
        else:
            identity = _identity_of_end(self)
            emit_waiting("pipe_poll_waiting", identity, at, timeout)
            ready = False
            try:
                ready = Connection.real.poll(self, timeout)
            finally:  # a signal handler may raise, too
                emit("pipe_polled", identity, at, ready=ready)
        if ready and not self._procsim_inner:
            look()
        return ready

    def recv_bytes(self: Any, maxlength: Any = None) -> Any:
        at = INTERNAL if self._procsim_inner else caller()
        recv_bytes = Connection.real.recv_bytes
        return recv_bytes(self, maxlength) if at == INTERNAL else _receive(self, at, recv_bytes, maxlength)


class _Closing(Methods):
    """multiprocessing.connection.Connection, where the program is explored: to close one is a step."""

    def _close(self: Any, *args: Any) -> None:
        # Also called where a connection is forgotten. `args`: the function of os that closes, which has a default.
        if explored.active and not self._procsim_inner and (at := caller(OF_HELPER)) != INTERNAL:
            gate.arrive("pipe_closed", _identity_of_end(self), at)
        _Closing.real._close(self, *args)


def message_end(connections: Any) -> int | None:
    """The identity of the first of these, if all of them are connections of the program's own, and open."""
    kinds = {type(each) for each in connections}
    own = kinds == {Connection.owner} and all(each._handle and not each._procsim_inner for each in connections)
    return _identity_of_end(connections[0]) if own else None


def _has_room(handle: int, size: int) -> bool:
    """Whether so many bytes go into a pipe at once."""
    count = bytearray(4)
    try:
        _ioctl(handle, _FIONREAD, count)
    except OSError as error:
        if raised_elsewhere(error):
            raise
        return True  # closed: then the call itself raises
    return int.from_bytes(count, sys.byteorder) + size < PIPE_BYTES


def is_full(connection: Any) -> bool:
    """Whether nothing more goes into a pipe now. Not where it was closed: then the call itself raises."""
    try:
        poll = select.poll()
        poll.register(connection._handle, select.POLLOUT)
        return not poll.poll(0)
    except (OSError, TypeError) as error:
        if raised_elsewhere(error):
            raise
        return False


def _wait_for_room(connection: Any, queue: int, buf: Any) -> None:
    """Write an item of a SimpleQueue, which may wait until others have been taken: its `queue_put` was emitted."""
    emit_waiting("queue_put_waiting", queue, None, value=None)
    try:
        Connection.real.send_bytes(connection, buf)
    finally:  # a signal handler may raise, too
        emit("queue_flushed", queue)


def _emit_sent(connection: Any, value: Any) -> None:
    at = caller(OF_HELPER)
    if at != INTERNAL and connection._handle is not None:
        identity = _identity_of_end(connection)
        gate.arrive("pipe_sent", identity, at)
        emit_value("pipe_sent", identity, at, value)


def _receive(connection: Any, at: str | None, call: Any, *args: Any) -> Any:
    identity = _identity_of_end(connection)
    gate.arrive("pipe_received", identity, at, partial(_has_news, connection))
    waits = connection._handle is not None and not bytes_are_waiting(connection._handle)
    if waits:
        emit_waiting("pipe_receive_waiting", identity, at)
    try:
        received = call(connection, *args)
    except EOFError:
        emit("pipe_ended", identity, at)
        raise
    except BaseException:  # a signal handler of the program has raised, or the message cannot be unpickled
        if waits:
            emit("wait_left", identity, at)
        raise
    emit_value("pipe_received", identity, at, received)
    return received
