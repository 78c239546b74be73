"""The lifeline: procsim's side of the guardian, which it starts, informs, and ends when the run has ended.

The guardian is a process that ends the processes of the run, and removes its folder, if procsim is killed.

procsim ──(a pipe: who belongs to the run; its end: procsim is gone)──► guardian.py, a process in a session of its own
"""

import contextlib
import os
import subprocess
import sys

from procsim.running import guardian


class Lifeline:
    """The guardian of one run, and the pipe to it."""

    def __init__(self, folder: str, session: int | None) -> None:
        """Starts the guardian of the run with this folder. Raises `OSError`.

        `session`: the number (`os.getsid`) of the session in which the run's main is started; None: main begins one of
        its own. A process in another one is detached, and the guardian leaves it alone.
        """
        theirs, self._ours = os.pipe()
        os.set_blocking(self._ours, False)
        try:
            self._guardian = subprocess.Popen(
                # -E: PYTHONPATH and the like are meant for the program. -S: see there.
                [sys.executable, "-E", "-S", guardian.__file__, folder, *([] if session is None else [str(session)])],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except BaseException:
            os.close(self._ours)
            raise
        finally:
            os.close(theirs)

    def write(self, line: str) -> None:
        """Inform the guardian of a process of the run, by a line as `Members.add_reported` reads it."""
        with contextlib.suppress(OSError):  # it was killed, or is stopped
            os.write(self._ours, f"{line}\n".encode())

    def end(self) -> None:
        """End the guardian: the run needs none any more."""
        self._guardian.kill()
        self._guardian.wait()
        os.close(self._ours)
