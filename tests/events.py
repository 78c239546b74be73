"""Builds lists of events for tests, in few words."""

from typing import Any, Self

from procsim.wire.events import Event

MS = 1_000_000

KINDS_WITH_A_NAME = ("lock_created", "queue_created", "event_created", "barrier_created", "pipe_created")


class Story:
    """Events in their order, a millisecond apart."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._t = 0

    def tell(
        self,
        pid: int,
        kind: str,
        object: int | None = None,
        at: str | None = None,
        thread: str = "MainThread",
        **fields: Any,
    ) -> Self:
        """The process `pid`, called p<pid>, did it."""
        self._t += MS
        self.events.append(Event(kind, self._t, pid, f"p{pid}", thread, object, at, fields))
        return self

    def passes(self, milliseconds: int) -> Self:
        """So much time passes in which nothing happens."""
        self._t += milliseconds * MS
        return self

    def lock(self, identity: int, name: str = "mutex", type: str = "Lock", value: int = 1) -> Self:
        """The first process makes a lock."""
        return self.tell(1, "lock_created", identity, "x.py:1", name=name, type=type, value=value)

    def queue(self, identity: int, name: str = "q", type: str = "Queue", maxsize: int = 0) -> Self:
        """The first process makes a queue."""
        return self.tell(1, "queue_created", identity, "x.py:2", name=name, type=type, maxsize=maxsize)

    def began(self, *pids: int) -> Self:
        """Processes begin; the first one started the others."""
        for pid in pids:
            self.tell(pid, "process_began", parent=1 if pid != 1 else 0, daemon=False)
        return self
