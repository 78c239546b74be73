"""Pipe: what goes through the two connections that `Pipe()` made. One end is one object, known by its inode."""

import fcntl
import os
import select
import sys
import termios
from functools import partial
from types import ModuleType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import VALUE, emit, emit_again, emit_value, emit_waiting
from procsim.tracer.names import disassembler, variable_names
from procsim.tracer.patching import replace
from procsim.tracer.sites import INTERNAL, call_site, caller, program_frame
from procsim.wire.identities import pipe_end
from procsim.wire.pipe import raised_elsewhere

_ioctl, _FIONREAD, _NONE = fcntl.ioctl, termios.FIONREAD, bytes(4)


def identity_of_end(connection: Any) -> int:
    """The identity of one end, the same in each process that has it."""
    known: int | None = connection._procsim_identity
    if known is None:
        handle = connection._handle
        if handle is None:
            return 0
        connection._procsim_identity = known = pipe_end(inode(handle), connection._readable)
    return known


def belong_to_a_queue(*connections: Any) -> None:
    """What goes through them is never a call of the program's own."""
    for connection in connections:
        connection._procsim_inner = True


def inode(descriptor: int) -> int:
    """The number that the system gave to a pipe or socket; 0: there is none, or no longer."""
    try:
        return os.fstat(descriptor).st_ino
    except OSError as error:
        if raised_elsewhere(error):
            raise
        return 0


def bytes_are_waiting(descriptor: int) -> bool:
    """Whether a read from this pipe or socket would find something."""
    try:
        count = bytearray(4)  # a buffer to be changed: ioctl copies any other one, which takes longer than the call
        _ioctl(descriptor, _FIONREAD, count)
        return count != _NONE
    except OSError as error:
        if raised_elsewhere(error):
            raise
        return True  # closed: the call itself will say so


def has_news(connection: Any) -> bool:
    """Whether a read from a connection would not wait: there are bytes, or nobody is left to send any."""
    if connection._handle is None:
        return True
    poll = select.poll()
    poll.register(connection._handle, select.POLLIN)
    return bool(poll.poll(0))


def patch_connection(module: ModuleType) -> None:
    """multiprocessing.connection."""
    disassembler()
    Connection = module.Connection  # noqa: N806
    pipe = module.Pipe
    send, send_bytes, recv, recv_bytes = Connection.send, Connection.send_bytes, Connection.recv, Connection.recv_bytes

    def traced_pipe(duplex: bool = True) -> Any:
        first, second = pipe(duplex)
        frame = sys._getframe().f_back  # `_getframe(1)` raises where C code calls
        if frame is not None and frame.f_globals.get("__name__") == "multiprocessing.context":
            frame = frame.f_back  # the Pipe method of a context
        at = call_site(frame)
        if at != INTERNAL:
            names = variable_names(program_frame(frame), "pipe", 2)
            ends = [identity_of_end(first), identity_of_end(second)]
            for name, end, other in zip(names, ends, reversed(ends), strict=True):
                emit("pipe_created", end, at, name=name, type="Pipe", other=other)
        return first, second

    def say_sent(self: Any, value: Any) -> None:
        at = caller(3)
        if at != INTERNAL and self._handle is not None:
            if gate.shared[0]:
                gate.arrive("pipe_sent", identity_of_end(self), at)
            emit_value("pipe_sent", identity_of_end(self), at, value)

    def traced_send(self: Any, obj: Any) -> None:
        closed = self._handle is None  # then it raises
        if closed or gate.shared[0] or not emit_again("pipe_sent", self._procsim_identity, VALUE, 2, obj):
            say_sent(self, obj)
        send(self, obj)

    def traced_send_bytes(self: Any, buf: Any, offset: Any = 0, size: Any = None) -> None:
        if self._procsim_inner:
            send_bytes(self, buf, offset, size)
            if gate.shared[0]:
                self._procsim_sent += 1
            return
        say_sent(self, buf)
        send_bytes(self, buf, offset, size)

    def receive(self: Any, at: str | None, call: Any, *args: Any) -> Any:
        identity = identity_of_end(self)
        if gate.shared[0]:
            gate.arrive("pipe_received", identity, at, partial(has_news, self))
        if self._handle is not None and not bytes_are_waiting(self._handle):
            emit_waiting("pipe_receive_waiting", identity, at)
        try:
            received = call(self, *args)
        except EOFError:
            emit("pipe_ended", identity, at)
            raise
        emit_value("pipe_received", identity, at, received)
        return received

    def traced_recv(self: Any) -> Any:
        if gate.shared[0] or self._handle is None or not bytes_are_waiting(self._handle):
            at = caller()
            return recv(self) if at == INTERNAL else receive(self, at, recv)
        try:
            received = recv(self)
        except EOFError:  # in the middle of a message
            if (at := caller()) != INTERNAL:
                emit("pipe_ended", identity_of_end(self), at)
            raise
        if not emit_again("pipe_received", self._procsim_identity, VALUE, 2, received):
            at = caller()
            if at != INTERNAL:
                emit_value("pipe_received", identity_of_end(self), at, received)
        return received

    def traced_recv_bytes(self: Any, maxlength: Any = None) -> Any:
        at = INTERNAL if self._procsim_inner else caller()
        return recv_bytes(self, maxlength) if at == INTERNAL else receive(self, at, recv_bytes, maxlength)

    replace(module, "Pipe", traced_pipe)
    replace(Connection, "_procsim_identity", None)
    replace(Connection, "_procsim_inner", False)
    replace(Connection, "_procsim_sent", 0)
    replace(Connection, "send", traced_send)
    replace(Connection, "send_bytes", traced_send_bytes)
    replace(Connection, "recv", traced_recv)
    replace(Connection, "recv_bytes", traced_recv_bytes)
