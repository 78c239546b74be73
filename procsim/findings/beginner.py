"""What goes wrong first where a process is started as a new interpreter: said so that a beginner understands it."""

import re
from collections.abc import Iterator
from typing import Any

from procsim.events import Event
from procsim.findings.base import Finding, Outcome
from procsim.state import RunState

_LOCAL = re.compile(r"Can't (?:pickle|get) local object '?(?:<function )?([\w.<>]+)")
_FUNCTION = re.compile(r"Can't pickle (?:<(?:function|class) '?)([\w.<>]+)")
_OBJECT = re.compile(r"cannot pickle '([\w.]+)' (?:object|instances)")
_SHARED = re.compile(r"(\w+) objects should only be shared between processes through inheritance")
_UNKNOWN = re.compile(r"Can't get attribute '(\w+)' on <module '(?:__main__|__mp_main__)'")


def missing_main_guard(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A new process ran the file of the program, and would have started a process in turn: no `__main__` guard.

    However many processes end of it, it is one finding.
    """
    refused = [event for event in run.raised if _lacks_guard(event)]
    if refused:
        first = refused[0]
        figures = {
            "process": _child_name(run, first),
            "pid": first.pid,
            "at": first.at or "?",
            "method": _start_method(run, first.pid),
            "count": len(refused),
        }
        yield Finding(
            "missing_main_guard",
            "under {method} a new process first runs the file of the program, and so {process} came to {at}, where "
            "it would have started a process itself, and ended there",
            figures,
            'put what only main is to do below the line: if __name__ == "__main__"',
        )


def unpicklable_target(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """What a process was to run, or was to be given, cannot be sent to it."""
    for event in run.raised:
        what = _unsendable(run, event)
        figures = {"process": _child_name(run, event), "pid": event.pid, "at": event.at or "?", "what": what}
        if what and _SHARED.match(event.fields["text"]):
            yield Finding(
                "unpicklable_target",
                "{process} could not send a {what} to another process at {at}: it can only be given to a process "
                "when that is started",
                figures,
                "pass it in args= of the Process, or through the initializer of a Pool",
                sentence="unpicklable_target.shared",
            )
        elif what and _OBJECT.match(event.fields["text"]):
            yield Finding(
                "unpicklable_target",
                "{process} could not send what it wanted to another process at {at}: a {what} in it cannot be pickled",
                figures,
                "make it in the new process, or pass what multiprocessing has in its place, such as its own Lock",
                sentence="unpicklable_target.inside",
            )
        elif what:
            yield Finding(
                "unpicklable_target",
                "{process} could not send {what} to another process at {at}: only what has a name at the top level "
                "of a file can be found there",
                figures,
                "use a function that is defined with def at the top level of the file",
                sentence="unpicklable_target.not_top_level",
            )


def unknown_target(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process did not find what it was to run in the file of the program; said once for each such name."""
    found: dict[str, Event] = {}
    for event in run.raised:
        found.setdefault(_unknown(event), event)
    found.pop("", None)
    for what, event in found.items():
        start = run.started.get(event.pid)
        method = _start_method(run, event.pid)
        figures = {
            "process": _child_name(run, event),
            "pid": event.pid,
            "at": start.at if start and start.at else event.at or "?",
            "what": what,
            "method": method,
        }
        if method == "fork":
            yield Finding(
                "unknown_target",
                "{process}, started at {at}, does not know {what}: it was started before {what} was defined",
                figures,
                "define {what} above the line that starts the process or the Pool",
                sentence="unknown_target.forked",
            )
        else:
            yield Finding(
                "unknown_target",
                "{process}, started at {at}, did not find {what}: under {method} it first runs the file of the "
                "program, but not what stands below the __main__ guard",
                figures,
                "define {what} at the top level of the file, above the __main__ guard",
                sentence="unknown_target.guarded",
            )


def explained(run: RunState, event: Event) -> bool:
    """Whether one of these findings, or `task_done_too_many`, says what an exception that ended a process means."""
    too_often = any(pid == event.pid for queue in run.queues.values() for pid, _ in queue.done_too_often)
    return bool(
        _lacks_guard(event)
        or _unsendable(run, event)
        or _unknown(event)
        or (too_often and event.fields["text"] == "task_done() called too many times")
    )


def _lacks_guard(event: Event) -> bool:
    return event.fields["type"] == "RuntimeError" and "finished its bootstrapping phase" in event.fields["text"]


def _unsendable(run: RunState, event: Event) -> str:
    """What could not be sent; "" where the exception is another one, or has nothing to do with other processes."""
    if not (run.counts["process_created"] or len(run.processes) > 1):
        return ""
    text = event.fields["text"]
    patterns: dict[str, tuple[re.Pattern[str], ...]] = {
        "PicklingError": (_LOCAL, _FUNCTION),
        "AttributeError": (_LOCAL,),
        "TypeError": (_OBJECT,),
        "RuntimeError": (_SHARED,),
    }
    matches = (pattern.match(text) for pattern in patterns.get(event.fields["type"], ()))
    return next((_readable(match[1]) for match in matches if match), "")


def _readable(name: str) -> str:
    """Such as "a lambda", for "main.<locals>.<lambda>"."""
    last = name.rpartition(".<locals>.")[2]
    return "a lambda" if last == "<lambda>" else last


def _unknown(event: Event) -> str:
    match = _UNKNOWN.match(event.fields["text"]) if event.fields["type"] == "AttributeError" else None
    return match[1] if match else ""


def _child_name(run: RunState, event: Event) -> str:
    """How the process is called, also where it ended before it knew that."""
    start = run.started.get(event.pid)
    return str(start.fields["child_name"]) if start else event.process


def _start_method(run: RunState, pid: int) -> Any:
    start = run.started.get(pid)
    return (start and start.fields["method"]) or "spawn"
