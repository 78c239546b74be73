"""The gate as procsim has it: the byte that closes it, and the words for those who stand there.

The other side is `procsim.tracer.gate`.
"""

import errno
import mmap
import os

from procsim.wire.gate_words import CLOSED, FILE_NAME, GO, OPEN, SIZE, STAND, TRY, way_to

__all__ = ["GO", "STAND", "TRY", "Gatekeeper"]


class Gatekeeper:
    """Opens and closes the gate of the run that has this folder."""

    def __init__(self, folder: str, closed: bool = False) -> None:
        self._folder = folder
        descriptor = os.open(f"{folder}/{FILE_NAME}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.chmod(descriptor, 0o600)  # whatever the umask leaves of it
            # Written, not only as long: to look at memory of a file for which the disk has no room left ends a process.
            if os.write(descriptor, bytes(SIZE)) < SIZE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._shared = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)
        self.closed = closed

    @property
    def closed(self) -> bool:
        """Whether nobody begins an operation without a word of ours."""
        return self._shared[0] == CLOSED

    @closed.setter
    def closed(self, closed: bool) -> None:
        self._shared[0] = CLOSED if closed else OPEN

    def say(self, word: bytes, pid: int, native_id: int) -> bool:
        """Say GO, TRY or STAND to a thread that stands there. False: it does not, or no longer."""
        try:
            descriptor = os.open(way_to(self._folder, pid, native_id), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENXIO, errno.ENOENT):
                return False
            raise
        try:
            return os.write(descriptor, word) == 1
        except OSError:  # full of words that nobody has read: it was told enough
            return False
        finally:
            os.close(descriptor)
