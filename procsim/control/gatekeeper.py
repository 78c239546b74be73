"""procsim's side of the gate: closes and opens it, and signals the threads that stand there.

The program's side is `procsim.tracer.gate`; what both agree on is `procsim.wire.gate_words`.
"""

import errno
import mmap
import os

from procsim.wire.gate_words import CLOSED, FILE_NAME, GIVE_UP, GO, OPEN, SIZE, STAND, TRY, way_to

__all__ = ["GIVE_UP", "GO", "STAND", "TRY", "Gatekeeper"]


class Gatekeeper:
    """Opens and closes the gate of one run."""

    def __init__(self, folder: str, closed: bool = False) -> None:
        """Makes the gate in the run's folder. Raises `OSError` where there is no room for it."""
        self._folder = folder
        descriptor = os.open(f"{folder}/{FILE_NAME}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.chmod(descriptor, 0o600)  # the umask may have taken permissions away
            # Written, not only extended: reading mapped memory for which the disk has no room ends a process (SIGBUS).
            if os.write(descriptor, bytes(SIZE)) < SIZE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._shared = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)
        self.closed = closed

    @property
    def closed(self) -> bool:
        """Whether no thread begins an operation unless it is signalled."""
        return self._shared[0] == CLOSED

    @closed.setter
    def closed(self, closed: bool) -> None:
        self._shared[0] = CLOSED if closed else OPEN

    def signal(self, word: bytes, pid: int, native_id: int) -> bool:
        """Signal a thread that stands at the gate: GO, TRY, GIVE_UP or STAND. False: it does not stand there, or takes
        no more signals.
        """
        try:
            descriptor = os.open(way_to(self._folder, pid, native_id), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENXIO, errno.ENOENT):
                return False
            raise
        try:
            return os.write(descriptor, word) == 1
        except OSError:  # the pipe is full of signals that were not read
            return False
        finally:
            os.close(descriptor)
