"""The gate, as both sides know it: the byte that closes it, and how procsim speaks to a thread that stands there."""

import mmap

OPEN, CLOSED = 0, 1
"""The values of the byte at the beginning of the file."""

GO, TRY, STAND, GIVE_UP = b"g", b"t", b"s", b"u"
"""Begin the operation in any case; begin it if it can be done at once; look again whether it can; begin it, and give it
up if it cannot be done at once: for what waits for a time only."""

OPENS, WOKEN = "file_opened", "condition_left"
"""To open a file; to acquire the lock of a condition again, in which a thread has waited."""

FURTHER = frozenset(
    {OPENS, WOKEN, "path_changed", "path_seen", "queue_asked", "event_seen", "pipe_polled", "connections_awaited"}
)
"""Operations that are steps only where a program is explored, and where a schedule is taken again that has them: they
make a difference, but people who go step by step would have too many."""

SEEN = frozenset({OPENS, WOKEN})
"""Those of them that an event shows in any recording."""

FILE_NAME = "gate"
SIZE = mmap.PAGESIZE


def way_to(folder: str, pid: int, native_id: int) -> str:
    """The path of the named pipe by which a thread at the gate hears from procsim. `native_id`: the system's number."""
    return f"{folder}/{FILE_NAME}-{pid}-{native_id}"
