"""How processes and the run came to their end: by an exception, a signal, the time limit, people."""

import signal
from collections.abc import Iterator
from typing import Any

from procsim.findings.base import Finding, Outcome
from procsim.state import RunState, Wait


def raised(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process ended by an exception that it did not catch."""
    for event in run.raised:
        figures = {"process": event.process, "pid": event.pid, "at": event.at or "?", **event.fields}
        yield Finding("raised", "{process} ended at {at} by an exception: {type}: {text}", figures)


def died(run: RunState, outcome: Outcome) -> Iterator[Finding]:
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


def left_behind(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process was still there when main was gone."""
    for pid in outcome.left_behind:
        figures = {"process": run.process_name(pid), "pid": pid}
        yield Finding(
            "left_behind", "{process} (PID {pid}) was still running after main had ended; procsim ended it", figures
        )


def interrupted(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """People ended the run before its end."""
    if outcome.interrupted:
        yield Finding("interrupted", "it was ended early, by {signal}", {"signal": signal_name(outcome.interrupted)})


def time_limit(run: RunState, outcome: Outcome) -> Iterator[Finding]:
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
