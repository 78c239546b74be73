"""A part of a file as memory of this process, without a descriptor that the program would notice."""

import _codecs
import mmap
import os
import sys

from procsim.wire.pipe import OwnDescriptor, leads_to

_copy = -1
"""The descriptor that an mmap object has for a moment, while `mapped` makes it; negative: none."""


def mapped(file: OwnDescriptor, size: int, offset: int = 0, access: int = mmap.ACCESS_WRITE) -> mmap.mmap:
    """`size` bytes of a file from `offset` on, as memory. The file may then be closed.

    Raises `OSError`, also where the program has closed the descriptor and opened a file of its own under its number.
    """
    if sys.version_info >= (3, 13):
        return _if_ours(mmap.mmap(file.number, size, offset=offset, access=access, trackfd=False), file)
    global _copy
    # mmap duplicates the descriptor and keeps it. The number that is free now will be the one it gets, so that we
    # know which one to close.
    _copy = copy = os.dup(file.number)
    os.close(copy)
    memory = _if_ours(mmap.mmap(file.number, size, offset=offset, access=access), file)
    # The mmap object closes that number when it ends, and by then it may be the program's. So it must never end: the
    # registry of error handlers keeps it until the interpreter is gone.
    _codecs.register_error(f"procsim.{id(memory)}", memory.write)  # type: ignore[arg-type]  # never called
    if leads_to(copy, file.file):  # else another thread has taken the number first
        os.close(copy)
    _copy = -1
    return memory


def close_copy(file: OwnDescriptor | None) -> None:
    """After a fork: close the descriptor that `mapped` had open when another thread forked this process."""
    global _copy
    copy, _copy = _copy, -1
    if file is not None and leads_to(copy, file.file):
        os.close(copy)


def _if_ours(memory: mmap.mmap, file: OwnDescriptor) -> mmap.mmap:
    """The memory, if the descriptor still leads to our file, and so did when it was mapped. Raises `OSError`."""
    if not file.is_ours():
        raise OSError("the program has closed it, and may have opened a file of its own there")
    return memory
