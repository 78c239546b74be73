"""What went wrong in a run: one function per finding, each from the state alone.

A finding says who, on what, at which line. To add one: write its function and its row in FINDINGS.
"""

import signal
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from procsim.state import RunState, Wait


class Finding(NamedTuple):
    """One thing that went wrong."""

    id: str
    text: str
    """One sentence; its {placeholders} are filled from the figures."""
    figures: Mapping[str, Any] = {}


class Outcome(NamedTuple):
    """How a run came to its end, as far as the events cannot tell it."""

    timed_out: float | None = None
    """seconds that it was given, where it had to be ended for that."""
    interrupted: int = 0
    """The signal by which people ended it early."""
    ended: frozenset[int] = frozenset()
    """PIDs of the processes that procsim ended."""
    left_behind: tuple[int, ...] = ()
    """PIDs of processes that were still there when main was gone, and that procsim ended."""


def findings(run: RunState, outcome: Outcome) -> list[Finding]:
    """All that went wrong, in the order of FINDINGS."""
    return [finding for find in FINDINGS for finding in find(run, outcome)]


def _raised(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process ended by an exception that it did not catch."""
    for event in run.raised:
        figures = {"process": event.process, "pid": event.pid, "at": event.at or "?", **event.fields}
        yield Finding("raised", "{process} ended at {at} by an exception: {type}: {text}", figures)


def _died(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process was ended by a signal that nobody in the program sent it."""
    for process in run.processes.values():
        code = process.exit_code
        sent_by_program = process.terminated_by or (process.daemon and code == -signal.SIGTERM)
        if code is not None and code < 0 and not sent_by_program and process.pid not in outcome.ended:
            figures = {
                "process": process.name,
                "pid": process.pid,
                "signal": signal_name(-code),
                "at": process.at or "?",
            }
            yield Finding("died", "{process} was ended by {signal}, last seen at {at}", figures)


def _left_behind(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process was still there when main was gone."""
    for pid in outcome.left_behind:
        figures = {"process": run.process_name(pid), "pid": pid}
        yield Finding(
            "left_behind", "{process} (PID {pid}) was still running after main had ended; procsim ended it", figures
        )


def _interrupted(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """People ended the run before its end."""
    if outcome.interrupted:
        yield Finding("interrupted", "it was ended early, by {signal}", {"signal": signal_name(outcome.interrupted)})


def _time_limit(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """The run had to be ended. Who waited then, and for what, stands in `standing`."""
    if outcome.timed_out is None:
        return
    standing = [_standing(run, process.waiting) for process in run.processes.values() if process.waiting]
    figures = {"seconds": outcome.timed_out, "standing": standing}
    yield Finding("time_limit", "it had not ended after {seconds:g} s, and was ended", figures)


def _standing(run: RunState, wait: Wait) -> dict[str, Any]:
    target = wait.child_name or (run.name(wait.object) if wait.object is not None else "")
    return {"process": wait.process, "pid": wait.pid, "kind": wait.kind, "object": target, "at": wait.at}


def signal_name(number: int) -> str:
    """Such as "SIGTERM"."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


FINDINGS: tuple[Callable[[RunState, Outcome], Iterator[Finding]], ...] = (
    _raised,
    _died,
    _left_behind,
    _interrupted,
    _time_limit,
)
