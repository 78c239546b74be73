"""The gate, as both sides know it: the byte that closes it, the words for a thread that stands there, the way to it."""

import mmap

OPEN, CLOSED = 0, 1
"""What the byte says."""

GO, TRY, STAND = b"g", b"t", b"s"
"""The words: begin it, whatever comes; begin it if it can be done at once; look again whether it could be."""

FILE_NAME = "gate"
SIZE = mmap.PAGESIZE


def way_to(folder: str, pid: int, native_id: int) -> str:
    """The named pipe by which a thread at the gate hears from procsim."""
    return f"{folder}/{FILE_NAME}-{pid}-{native_id}"
