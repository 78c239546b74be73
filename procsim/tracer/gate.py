"""The gate: while it is closed, no thread of the program begins its next operation before procsim allows it.

    an operation ──► closed? ──no──► it happens
                        │ yes
                        ▼
             gate_reached ──► EventQueue ──► procsim chooses
                        ▲                        │ a word, through a named pipe of this thread's own
                        └─── not ready ◄─────────┘
                                 ready ──► gate_passed ──► it happens

A byte of a file that every process maps tells whether the gate is closed, so an open gate costs one look. The thread
itself knows best whether its operation could be done at once. By the word TRY procsim asks it to begin if so; else the
thread stays, and emits `gate_reached` again. By STAND it only looks again, and emits `gate_reached` if its answer is
another one than before. By GO it begins, even if it then has to wait: people want to see that. If procsim is gone, so
is the gate: the thread sees the end of the EventQueue (or, where the program has closed that, the guardian ends it).

A step is what one thread does from its leave to begin an operation until it stands at the gate again, waits or ends.
At a closed gate a sleep takes no time, a put is done when its item is in the pipe, and a start is done when the new
process stands at the gate. So the same steps lead to the same state, but for what passes no gate: which worker of a
pool takes a task, and the joins of multiprocessing's own exit handlers.
"""

import mmap
import os
import select
import threading
from collections.abc import Callable, Iterable
from typing import Any

from procsim.tracer.emit import emit
from procsim.wire.gate_words import CLOSED, FILE_NAME, GIVE_UP, GO, SIZE, STAND, TRY, way_to
from procsim.wire.mapped_file import mapped
from procsim.wire.pipe import EventQueue, OwnDescriptor, raised_elsewhere

shared: mmap.mmap | bytes = b"\0"
"""Its first byte is CLOSED, or OPEN, which is 0: `if shared[0]` is what an operation does before it calls `arrive`."""

_standing: dict[int, int] = {}
"""The threads of this process that stand at the gate, and how often: a signal handler may arrive there, too."""

_further: frozenset[str] = frozenset()
"""The operations that are steps in this run, too."""

_folder = ""
_queue: EventQueue | None = None

ask_explorer: Callable[..., bool] | None = None
"""Where this process is explored (`tracer.explored`), that is asked, and no time passes: what cannot be done at once is
not waited for. None: it is not."""


def find(folder: str, queue: EventQueue, further: Iterable[str] = ()) -> None:
    """Map the gate of the run with this folder, if it has one; `further`: what is a step in this run, too."""
    global shared, _folder, _queue, _further
    try:
        file = OwnDescriptor(f"{folder}/{FILE_NAME}", os.O_RDONLY)
        try:
            shared = mapped(file, SIZE, access=mmap.ACCESS_READ)
        finally:
            file.close()
    except (OSError, ValueError):  # the run is over, or this process may open nothing more, or has no memory left
        return
    _folder, _queue, _further = folder, queue, frozenset(further)


def leave() -> None:
    """This process has no gate any more."""
    global shared
    shared = b"\0"


def may_have_step(operation: str) -> bool:
    """Whether this operation, which is no step elsewhere, is one in this run while the gate is closed."""
    return operation in _further


def has_step(operation: str) -> bool:
    """Whether the gate is closed, and this operation, which is no step elsewhere, is one: see `gate_words.FURTHER`."""
    return shared[0] == CLOSED and (ask_explorer is not None or operation in _further)


def arrive(
    operation: str,
    identity: int | None = None,
    at: str | None = None,
    ready: Callable[[], bool] | None = None,
    subject: Any = None,
) -> bool:
    """At a closed gate, wait until this thread may begin an operation. Returns whether the gate is still closed.

    `operation` is the kind of the event that the operation will emit; `identity` is that of the lock, queue or other
    object that it is about, and `at` its line in the program ("file.py:12"); `subject` is what people read beside
    that, such as the item to be put. `ready` tells whether it could be done at once; None: it is to begin in any case.
    """
    if shared[0] != CLOSED:
        return False
    if ask_explorer is not None:
        ask_explorer(operation, identity, at, ready, subject)
        return True
    _stand(operation, identity, at, ready, subject)
    return shared[0] == CLOSED


def arrive_for_a_time(
    operation: str,
    identity: int | None = None,
    at: str | None = None,
    ready: Callable[[], bool] | None = None,
    subject: Any = None,
) -> bool:
    """The same for an operation that may end without being done, by its time limit or since it is not to wait (then
    `ready` is None). Returns whether no time is to pass in it: the program is explored, or it is known to be in vain.
    """
    if shared[0] != CLOSED:
        return False
    if ask_explorer is not None:
        ask_explorer(operation, identity, at, ready, subject)
        return True
    return _stand(operation, identity, at, ready, subject) == GIVE_UP


def _stand(
    operation: str, identity: int | None, at: str | None, ready: Callable[[], bool] | None, subject: Any
) -> bytes:
    """Stand at the gate, which is closed. Returns the word by which this thread may go on; empty: it is open now."""
    native_id = threading.get_native_id()
    words = _open(way_to(_folder, os.getpid(), native_id))
    if words is None:
        return b""
    depth = _standing[native_id] = _standing.get(native_id, 0) + 1
    emitted: bool | str | None = "nothing"
    word = STAND
    try:
        while word and shared[0] == CLOSED:
            could = bool(ready()) if ready else None
            if word in (GO, GIVE_UP) or (word == TRY and could is not False):
                break
            if word in (TRY, _again(depth)) or could is not emitted:
                emit(
                    "gate_reached", identity, at, operation=operation, ready=could, subject=subject, native_id=native_id
                )
                emitted = could
            word = _word(words)
        emit("gate_passed", identity, at, operation=operation)
        return word
    except BaseException:  # raised by a signal handler of the program
        emit("gate_left", identity, at)
        raise
    finally:
        _standing[native_id] = depth - 1
        if depth > 1:
            _remind(words, depth - 1)
        else:
            del _standing[native_id]
        words.close()


def _open(path: str) -> OwnDescriptor | None:
    """The reading end of that pipe; None: this process cannot open it now, and passes the gate."""
    try:
        try:
            os.mkfifo(path)
            os.chmod(path, 0o600)  # whatever the umask leaves of it
        except FileExistsError:
            pass
        # Also for writing, or a read would find the end of the pipe whenever procsim has closed it after a word.
        return OwnDescriptor(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        if raised_elsewhere(error):
            raise
        return None


def _again(depth: int) -> bytes:
    """The word by which a signal handler makes the operation that it interrupted emit `gate_reached` again."""
    return bytes([depth])


def _remind(words: OwnDescriptor, depth: int) -> None:
    try:
        if words.is_ours():
            os.write(words.number, _again(depth))
    except OSError as error:  # full of words, or the program has just closed it
        if raised_elsewhere(error):
            raise


def _word(words: OwnDescriptor) -> bytes:
    """The next word from procsim; empty: procsim is gone, or the program has closed the pipe."""
    assert _queue is not None
    while words.is_ours():
        poll = select.poll()
        poll.register(words.number, select.POLLIN)
        events = _queue.writing_end()
        if events >= 0:
            poll.register(events, 0)  # reports when the events have no reader any more
        found = dict(poll.poll())
        if found.get(words.number, 0) & select.POLLIN:
            try:
                if words.is_ours():
                    return os.read(words.number, 1)
            except OSError as error:
                if raised_elsewhere(error):
                    raise
        elif not found.get(events, 0) & select.POLLNVAL:  # else the program has closed the EventQueue's descriptor
            return b""
    return b""
