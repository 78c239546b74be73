"""Each lesson once: the commands that show them, run without a screen.

chapters ──► Line: a command, and the lessons that it shows ──► runs.py ──► Run ──► judged ──► Check
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from procsim.exit_code import ExitCode
from procsim.language import _, listed
from procsim.lessons.chapter import Chapter
from procsim.lessons.own_command import typed_words
from procsim.rehearsal.check import Check, Result
from procsim.rehearsal.runs import Run, Runs

RUN_SECONDS = 30
"""The time limit of one run."""


class Line(NamedTuple):
    """A command that shows lessons."""

    arguments: str
    """Those of `procsim`."""
    lessons: tuple[str, ...]
    """The ids of the lessons; those that have none are left out."""


def lines_of(chapters: Iterable[Chapter]) -> list[Line]:
    """The commands that show the lessons, each once, in the order of the lessons."""
    shown: dict[str, list[str]] = {}
    for chapter in chapters:
        for lesson in chapter.lessons:
            shown.setdefault(lesson.shows, []).extend([lesson.id] if lesson.id else [])
    return [Line(arguments, tuple(ids)) for arguments, ids in shown.items()]


def judged(line: Line, run: Run | None) -> Check:
    """What a run says about its lessons. None: there was no time for it."""
    name = " ".join(line.lessons) or line.arguments.partition(" ")[0]
    command = f"procsim {line.arguments}"
    if run is None:
        return Check(name, Result.LEFT_OUT, _("left out, the time was over: {command}").format(command=command))
    claims = run.verdict["claims"] if run.verdict else []
    holding = {claim["id"] for claim in claims if claim["holds"]}
    missing = [lesson for lesson in line.lessons if lesson not in holding] if claims else []
    fault = "" if claims and line.lessons else _fault(run)
    if missing:
        words = _("{command}: has not shown {lessons}").format(command=command, lessons=listed(missing))
    elif fault:
        words = _("{command}: failed ({reason})").format(command=command, reason=fault)
    else:
        words = _("{command}: shown in {seconds} s").format(command=command, seconds=f"{run.seconds:.1f}")
        return Check(name, Result.GOOD, words)
    return Check(name, Result.FAILED, words, _("run it by itself, and see what it says"))


def _fault(run: Run) -> str:
    """What went wrong in a run whose claims do not say whether it has shown its lessons; empty: nothing.

    A hang is no fault, since it may be what the lesson is about; to be cut off at the time limit is one.
    """
    exit_code = _("exit code {code}").format(code=run.exit_code)
    if run.verdict is None:
        return run.complaint or exit_code
    if any(finding["id"] == "time_limit" for finding in run.verdict["findings"]):
        return _("it did not end within {seconds} s").format(seconds=RUN_SECONDS)
    return "" if run.exit_code in (ExitCode.SHOWN, ExitCode.HUNG) else exit_code


def checks(
    chapters: Iterable[Chapter], folders: Sequence[str], language: str | None, deadline: float
) -> Iterator[Check]:
    """Run all of them, and judge each as soon as those before it are judged.

    `deadline`: when the last must be over, on the clock `time.monotonic`; what is then not done is left out. `folders`,
    `language`: what --lessons and --lang say.
    """
    more = ["--view", "json", "--timeout", str(RUN_SECONDS), *(["--lang", language] if language else [])]
    with Runs(deadline) as runs:
        lines = lines_of(chapters)
        futures = [runs.submit([*typed_words(line.arguments, folders), *more]) for line in lines]
        for line, future in zip(lines, futures, strict=True):
            yield judged(line, future.result())
