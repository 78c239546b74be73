"""A part of a file as memory of this process, without a descriptor that the program would notice.

The program is the traced one: this runs inside its processes, which may close any descriptor that they find open.
"""

import _codecs
import mmap
import os
import sys

from procsim.wire.pipe import OwnDescriptor, leads_to

_copy: tuple[int, tuple[int, ...]] | None = None
"""The descriptor that an mmap object has for a moment, while `mapped` makes it, and its file as `leads_to` knows it."""


def mapped(file: OwnDescriptor, size: int, offset: int = 0, access: int = mmap.ACCESS_WRITE) -> mmap.mmap:
    """`size` bytes of a file from `offset` on, as memory. The file may then be closed.

    Raises `OSError`, also where the program has closed the descriptor and opened a file of its own under its number.
    """
    if sys.version_info >= (3, 13):
        return _if_ours(mmap.mmap(file.number, size, offset=offset, access=access, trackfd=False), file)
    global _copy
    # mmap duplicates the descriptor and keeps it. The number that is free now will be the one it gets, so that we
    # know which one to close.
    copy = os.dup(file.number)
    os.close(copy)
    _copy = copy, file.file
    memory = _if_ours(mmap.mmap(file.number, size, offset=offset, access=access), file)
    # The mmap object closes that number when it ends, and by then it may be the program's. So it must never end: the
    # registry of error handlers keeps it until the interpreter is gone.
    _codecs.register_error(f"procsim.{id(memory)}", memory.write)  # type: ignore[arg-type]  # never called
    close_copy()
    return memory


def close_copy() -> None:
    """Close the descriptor that an mmap object has; also after a fork by another thread, while `mapped` made one."""
    global _copy
    copy, _copy = _copy, None
    if copy is not None and leads_to(*copy):  # else another thread has taken the number first
        os.close(copy[0])


def _if_ours(memory: mmap.mmap, file: OwnDescriptor) -> mmap.mmap:
    """The memory of a file that was just mapped, if its descriptor leads to our file: then it did so a moment before,
    too, since the program never opens a file of ours. Raises `OSError`."""
    if not file.is_ours():
        raise OSError("the program has closed it, and may have opened a file of its own there")
    return memory
