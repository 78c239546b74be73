"""What other programs, such as CI, learn of what is wrong: a file of findings, and an exit code.

verdict ──► Report ──► FILE: {"program": "work.py", "exit_code": 0, …, "findings": [{"id": "died", …}], "accepted": []}
                 └───► 4, where the program's own exit code is 0
"""

import contextlib
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from procsim.errors import WrongUse, fault_of
from procsim.exit_code import ExitCode
from procsim.json_line import line_of
from procsim.language import _
from procsim.output import complain, words_for_unwritable
from procsim.recording.recorder import opened_to_write

if TYPE_CHECKING:
    from procsim.state.run_state import RunState
    from procsim.views.base import Verdict

Severity = Literal["certain", "probable"]


@dataclass(frozen=True)
class Report:
    """What is wanted beside what is shown to people."""

    file: Path | None = None
    """Where the findings are written; None: nowhere."""
    fail_on: Severity | None = None
    """Which findings change the exit code: those that are certain; or, too, those that are probable. None: none."""

    def check(self) -> None:
        """Raise `WrongUse` where the file most likely cannot be written: before the program has run in vain."""
        if self.file is None:
            return
        if self.file.is_dir():
            raise WrongUse(_("{path}: is a folder").format(path=self.file))
        beside = self.file if _is_special(self.file) else Path(os.path.realpath(self.file)).parent
        if not os.access(beside, os.W_OK):
            reason = os.strerror(errno.EACCES if beside.exists() else errno.ENOENT)
            raise WrongUse(words_for_unwritable(self.file, reason))

    def made(self, code: int, run: "RunState", verdict: "Verdict") -> int:
        """Write the findings of a run that has ended. Returns the exit code of the command, of which `code` is the one
        that the run itself gives it.
        """
        faults = [finding for finding in verdict.findings if finding.is_fault]
        wrong = any(finding.certain or self.fail_on == "probable" for finding in faults)
        if self.fail_on is not None and code == ExitCode.SHOWN and wrong:
            code = ExitCode.WRONG
        if self.file is not None:
            try:
                from procsim.session.report_fields import report_fields  # most runs are not reported

                _write_whole(self.file, line_of(report_fields(code, run, verdict)) + "\n")
            except Exception as error:  # a fault of our own in here must not change the exit code either
                reason = error.strerror if isinstance(error, OSError) else fault_of(error)
                complain(_("{path}: cannot be written: {reason}").format(path=self.file, reason=reason))
        return code


def _is_special(path: Path) -> bool:
    """Whether there is something other than a file: a device or a pipe, which cannot be replaced."""
    with contextlib.suppress(OSError):
        return not stat.S_ISREG(path.stat().st_mode)
    return False


def _write_whole(path: Path, text: str) -> None:
    """Write the file, or leave what is there: it is written beside it, and then takes its place. Raises `OSError`."""
    if _is_special(path):
        with open(path, "w", encoding="utf-8", opener=opened_to_write) as file:
            file.write(text)
        return
    path = Path(os.path.realpath(path))  # what a link points to is replaced, not the link
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "x", encoding="utf-8") as file:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            file.write(text)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
