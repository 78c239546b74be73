"""The gate, as both sides know it: the byte that closes it, and how procsim speaks to a thread that stands there."""

import mmap

OPEN, CLOSED = 0, 1
"""The values of the byte at the beginning of the file."""

GO, TRY, STAND = b"g", b"t", b"s"
"""Begin the operation in any case; begin it if it can be done at once; look again whether it can."""

FILE_NAME = "gate"
SIZE = mmap.PAGESIZE


def way_to(folder: str, pid: int, native_id: int) -> str:
    """The path of the named pipe by which a thread at the gate hears from procsim. `native_id`: the system's number."""
    return f"{folder}/{FILE_NAME}-{pid}-{native_id}"
