"""How processes and the run came to their end: by an exception, a signal, the time limit, people."""

import signal
from collections.abc import Iterator
from typing import Any

from procsim.findings.base import Finding, Outcome, signal_name, standing
from procsim.state import RunState


def raised(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process ended by an exception that it did not catch."""
    for event in run.raised:
        figures = {"process": event.process, "pid": event.pid, "at": event.at or "?", **event.fields}
        yield Finding("raised", "{process} ended at {at} by an exception: {type}: {text}", figures)


def died(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process was ended by a signal that nobody in the program sent it."""
    told = {
        event.fields["figures"].get(role) for event in run.found for role in ("holder_pid", "writer_pid", "worker_pid")
    }
    for process in run.processes.values():
        if process.pid in told:  # in a sentence that says more
            continue
        code = process.exit_code
        sent_by_program = process.terminated_by or (process.daemon and code == -signal.SIGTERM)
        sent_by_people = process.pid in outcome.ended or code == -outcome.interrupted
        if code is not None and code < 0 and not sent_by_program and not sent_by_people:
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
    """People ended the run before its end. Who waited then, and for what, stands in `standing`."""
    if outcome.interrupted and not run.found:  # else it is known why it was
        figures = {"signal": signal_name(outcome.interrupted), "standing": _all_standing(run)}
        yield Finding("interrupted", "it was ended early, by {signal}", figures)


def time_limit(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """The run had to be ended. Who waited then, and for what, stands in `standing`."""
    if outcome.timed_out is None:
        return
    figures = {"seconds": outcome.timed_out, "standing": _all_standing(run)}
    yield Finding("time_limit", "it had not ended after {seconds:g} s, and was ended", figures)


def _all_standing(run: RunState) -> list[dict[str, Any]]:
    return [standing(run, process.waiting) for process in run.processes.values() if process.waiting]
