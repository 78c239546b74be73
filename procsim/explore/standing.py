"""A thread that stands at the gate: its connection, what it is about to do, and what the system shows of it."""

import marshal
import os
import select
import socket
import stat
from collections import Counter
from collections.abc import Iterable
from typing import Any

from procsim.explore.schedule import Operation
from procsim.explore.touching import SEES, Call
from procsim.wire.explore_words import LOOK, LOOKED, MESSAGE_LIMIT, NOT_YET
from procsim.wire.identities import pipe_end

ANSWER_SECONDS = 2.0
"""How long a thread may take to say whether it would have to wait."""

VALUE_LIMIT = 60
"""Characters of what was read or written that a step shows."""

END_SECONDS = 0.5
"""How long a process may take to end once its threads have."""

_EXITING, _KILLED = 0x4, 1 << 8
"""proc(5): PF_EXITING among the flags of a process, and SIGKILL among the signals that wait for it."""


class Thread:
    """A thread of the program, as far as the explorer knows it."""

    __slots__ = ("connection", "name", "pid", "process")

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.name = self.process = ""
        self.pid = 0

    def hear(self) -> list[Any]:
        """What it says; empty: it has ended."""
        try:
            data = self.connection.recv(MESSAGE_LIMIT)
        except (ConnectionError, TimeoutError):
            return []
        return list(marshal.loads(data)) if data else []

    def looks(self) -> bool:
        """Have it look whether it could do without waiting what it is about to do. False where it does not know."""
        try:
            self.connection.settimeout(ANSWER_SECONDS)
            self.connection.send(LOOK)
            return self.hear() == [LOOKED, True]
        except OSError:  # it has just been killed
            return False
        finally:
            self.connection.settimeout(None)


class Pending:
    """What a thread stands before."""

    __slots__ = ("call", "condition", "free", "limited", "operation")

    def __init__(self, operation: Operation, call: Call | None, condition: str, limited: bool) -> None:
        self.operation, self.call, self.condition, self.limited = operation, call, condition, limited
        self.free = False
        """Whether it can be done, as its thread has seen: the explorer may know of nobody who has made it possible."""

    @property
    def is_late(self) -> bool:
        """Whether its thread was let in before, and has found that it has to wait still: what is in its way comes."""
        return self.call is not None and self.call.more == NOT_YET

    @property
    def sees(self) -> bool:
        """Whether it is its thread alone that sees whether it can be done."""
        return self.operation.kind in SEES or self.is_late

    def value(self, events: Iterable[tuple[Any, ...]], pid: int) -> str:
        """What its step has read, written, put or got. `events`: those that have come since; `pid`: of its process."""
        for event in events:
            if event[1] == self.operation.kind and event[2] == pid and "value" in event[7]:
                return str(event[7]["value"])[:VALUE_LIMIT]
        call = self.call
        if call is not None and call.kind in ("sleep_ended", "queue_put") and call.words is not None:
            return str(call.words)[:VALUE_LIMIT]
        return ""


def ends_held_by(pid: int) -> Counter[int]:
    """The identities of the ends of pipes that a process has open, and how often; none, where the system does not show
    them.
    """
    folder, ends = f"/proc/{pid}/fd", Counter[int]()
    try:
        for number in os.listdir(folder):
            found = os.stat(f"{folder}/{number}")
            if stat.S_ISFIFO(found.st_mode) or stat.S_ISSOCK(found.st_mode):
                ends[pipe_end(found.st_ino, bool(os.lstat(f"{folder}/{number}").st_mode & stat.S_IRUSR))] += 1
    except OSError:  # it has just ended
        return Counter()
    return ends


def ends_open(pids: Iterable[int], closed: int | None) -> set[int]:
    """The identities of the ends of pipes that any of these processes has open, once one of them is `closed`."""
    ends = sum(map(ends_held_by, pids), Counter[int]())
    if closed is not None:
        ends[closed] -= 1
    return {identity for identity, count in ends.items() if count > 0}


def is_ending(pid: int) -> bool:
    """Whether a process has been killed, and is not gone yet."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            words = file.read().rpartition(b")")[2].split()
    except OSError:
        return True
    return bool(int(words[6]) & _EXITING or int(words[28]) & _KILLED)


def wait_for_the_end(pid: int) -> None:
    """Wait until a process whose threads have ended is gone, and with it all that it had open."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll(END_SECONDS * 1000)
    finally:
        os.close(descriptor)
