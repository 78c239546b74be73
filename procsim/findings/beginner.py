"""The faults that beginners meet first, where a process is started as a new interpreter.

What an exception means follows from what multiprocessing was doing when it was raised, which the tracer sees
(`tracer/watch/uncaught.py`), and not from its text. The text only shows what it is about. A program that catches the
exception has no finding.
"""

import re
from collections.abc import Iterator
from string import Formatter
from typing import Any

from procsim.findings.base import NAMED, Finding, Outcome, error_words
from procsim.sentences import places
from procsim.state.run_state import RunState
from procsim.wire.events import Event

# The words in which pickle names what an exception is about.
_LOCAL = re.compile(r"Can't (?:pickle|get) local object '?(?:<function )?([\w.<>]+)")
_FUNCTION = re.compile(r"Can't pickle (?:<(?:function|class) '?)([\w.<>]+)")
_OBJECT = re.compile(r"cannot pickle '([\w.]+)' (?:object|instances)")
_SHARED = re.compile(r"(\w+) objects should only be shared between processes through inheritance")
_UNKNOWN = re.compile(
    r"Can't get attribute '(?P<name>\w+)' on <module '(?:__main__|__mp_main__)'"
    r"|module '(?:__main__|__mp_main__)' has no attribute '(?P<name_since_3_14>\w+)'"
)


def missing_main_guard(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A new process ran the file of the program, and would have started a process in turn: no `__main__` guard.

    It is one finding, for all processes that end by it.
    """
    refused = [event for event in run.raised if event.fields.get("during") == "starting"]
    if refused:
        first = refused[0]
        figures = {
            "process": _child_name(run, first),
            "pid": first.pid,
            "at": first.at,
            "method": _start_method(run, first.pid),
            "count": len(refused),
        }
        yield Finding(
            "missing_main_guard",
            "under {method} a new process first runs the file of the program, and so {process} came to⟨ {at},⟩ where "
            "it would have started a process itself, and ended there",
            figures,
            'put what only main is to do below the line: if __name__ == "__main__"',
        )


def main_not_called(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A scenario ended without calling its `main`: its last lines were not reached."""
    if outcome.main_not_called:
        yield Finding(
            "main_not_called",
            "{process} ended, and main() was never called",
            {"process": run.process_name(run.main), "pid": run.main},
            'its last lines must be reached: if __name__ == "__main__": procsim.start(main)',
        )


def unpicklable_target(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """What a process was to run, or its arguments, could not be pickled."""
    for event in run.raised:
        if event.fields.get("during") != "sending":
            continue
        text = event.fields["text"]
        shared, local = _SHARED.match(text), _LOCAL.match(text) or _FUNCTION.match(text)
        match = shared or local or _OBJECT.match(text)
        figures = {
            "process": _child_name(run, event),
            "pid": event.pid,
            "at": event.at,
            "what": _readable(match[1]) if match else "",
            "error": error_words(event.fields),
        }
        if shared:
            yield Finding(
                "unpicklable_target",
                "{process} could not send a {what} to another process⟨ at {at}⟩: it can only be given to a process "
                "when that is started",
                figures,
                "pass it in args= of the Process, or through the initializer of a Pool",
                sentence="unpicklable_target.shared",
            )
        elif local:
            yield Finding(
                "unpicklable_target",
                "{process} could not send {what} to another process⟨ at {at}⟩: only what has a name at the top level "
                "of a file can be found there",
                figures,
                "use a function that is defined with def at the top level of the file",
                sentence="unpicklable_target.not_top_level",
            )
        elif match:
            yield Finding(
                "unpicklable_target",
                "{process} could not send what it wanted to another process⟨ at {at}⟩: a {what} in it cannot be "
                "pickled",
                figures,
                "make it in the new process, or pass what multiprocessing has in its place, such as its own Lock",
                sentence="unpicklable_target.inside",
            )
        else:
            yield Finding(
                "unpicklable_target",
                "{process} could not send what it wanted to another process⟨ at {at}⟩: pickling it raised {error}",
                figures,
                "make it in the new process, or pass what multiprocessing has in its place, such as its own Lock",
                sentence="unpicklable_target.raised",
            )


def unknown_target(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process did not find what it was to run in the file of the program: one finding for each such name."""
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
            "at": start.at if start and start.at else event.at,
            "what": what,
            "method": method,
        }
        if method == "fork":
            yield Finding(
                "unknown_target",
                "{process}⟨, started at {at},⟩ does not know {what}: it was started before {what} was defined",
                figures,
                "define {what} above the line that starts the process or the Pool",
                sentence="unknown_target.forked",
            )
        else:
            yield Finding(
                "unknown_target",
                "{process}⟨, started at {at},⟩ did not find {what}: under {method} it first runs the file of the "
                "program, but not what stands below the __main__ guard",
                figures,
                "define {what} at the top level of the file, above the __main__ guard",
                sentence="unknown_target.guarded",
            )


def no_target(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """Processes were started with nothing to run: mostly the function was called where it should have been passed."""
    together: dict[tuple[int, str | None, str | None], list[Event]] = {}
    for event in run.without_target:
        together.setdefault((event.pid, event.fields["made"], event.fields.get("subclass")), []).append(event)
    for (pid, made, subclass), events in together.items():
        names = [event.fields["child_name"] for event in events]
        figures = {"process": names[0], "pid": pid, "at": events[0].at, "made": made, "subclass": subclass}
        if len(names) > 1:
            figures["same_processes"] = names
        if subclass is not None:
            yield Finding(
                "no_target",
                "{process} had nothing to do: {subclass}, of which it was made⟨ at {made}⟩, has no run(), and it was "
                "given no target",
                figures,
                "call the method of {subclass} run() that is to run in the new process",
                sentence="no_target.no_run",
            )
        else:
            yield Finding(
                "no_target",
                "{process} had nothing to do: the Process made⟨ at {made}⟩ was given no target",
                figures,
                "give it the function itself, without calling it, and its arguments apart: target=work, args=(2,)",
            )


def _figures(event: Event) -> dict[str, Any]:
    """Of an exception that nobody caught: whom it has ended, and where."""
    return {"process": event.process, "pid": event.pid, "at": event.at, "error": error_words(event.fields)}


def group_given(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """The function was passed as the first argument of Process, which is its group, and must be None."""
    for event in run.raised:
        if event.fields.get("during") == "grouping":
            yield Finding(
                "group_given",
                "{process} ended⟨ at {at}⟩ by an exception, since the first argument of a Process is its group, which "
                "must be None⟨; it was {subject}⟩",
                _figures(event) | {"subject": event.fields["subject"]},
                "pass the function by the name of its argument: Process(target=…, args=(…))",
            )


def wrong_arguments(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """The arguments of a process were no tuple, or did not fit what it was to run."""
    for event in run.raised:
        during = event.fields.get("during")
        figures = _figures(event) | {"made": event.fields.get("made"), "subject": event.fields.get("subject")}
        if during == "arguments":
            yield Finding(
                "wrong_arguments",
                "{process} ended⟨ at {at}⟩ by an exception, since args= of a Process must be a tuple, and was one "
                "{subject}: {error}",
                figures,
                "a tuple of one has a comma: args=(2,)",
                sentence="wrong_arguments.no_tuple",
            )
        elif during == "calling with text":
            yield Finding(
                "wrong_arguments",
                "{process} could not call {subject}: args= was a text⟨ at {made}⟩, of which each character became an "
                "argument: {error}",
                figures,
                'a tuple of one has a comma: args=("text",)',
                sentence="wrong_arguments.text",
            )
        elif during == "calling":
            yield Finding(
                "wrong_arguments",
                "{process} could not call {subject} with the arguments that the Process was given⟨ at {made}⟩: {error}",
                figures,
                "give in args= as many as {subject} takes",
            )


def started_twice(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process was started that had been started before."""
    for event in run.raised:
        if event.fields.get("during") == "started":
            yield Finding(
                "started_twice",
                "{child}⟨ (made at {made})⟩ had been started before, and so {process} ended⟨ at {at}⟩ by an exception: "
                "{error}",
                _figures(event) | {"child": event.fields["subject"], "made": event.fields["made"]},
                "a process runs once: make a new Process each time",
            )


def not_started(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A method that needs a started process, such as `join`, was called on one that was not started; or its maker waits
    for ever for what it might have done.
    """
    for event in run.raised:
        if event.fields.get("during") == "not_started":
            figures = {
                "process": event.process,
                "pid": event.pid,
                "at": event.at,
                "child": event.fields["subject"],
                "made": event.fields["made"],
                "error": error_words(event.fields),
            }
            yield Finding(
                "not_started",
                "{child}⟨ (made at {made})⟩ was never started, and so {process} ended⟨ at {at}⟩ by an exception: "
                "{error}",
                figures,
                "call its start(), with the parentheses, before its join()",
            )
    yield from waits_for_one_not_started(run)


def waits_for_one_not_started(run: RunState) -> Iterator[Finding]:
    """A process waits for ever for what one might have done that it has made and not started."""
    stuck = run.stuck_waits()
    makers = {wait.pid for wait in stuck} if any(wait.kind in _ENDED_BY_OTHERS for wait in stuck) else set()
    forgotten: dict[tuple[int, str | None], list[Event]] = {}
    for event in run.not_started.values():
        if event.pid in makers:
            forgotten.setdefault((event.pid, event.at), []).append(event)
    for (pid, made), events in forgotten.items():
        names = [event.fields["child_name"] for event in events]
        yield Finding(
            "not_started",
            "start() was never called on {child}⟨ (made at {made})⟩, and {process} waits for ever",
            {
                "process": run.process_name(pid),
                "pid": pid,
                "at": made,
                "child": names if len(names) <= NAMED else [*names[:NAMED], "…"],
                "made": made,
            },
            "call start(), with the parentheses, before {process} waits",
            sentence="not_started.waits",
        )


_ENDED_BY_OTHERS = frozenset(
    (
        "queue_get_waiting",
        "queue_join_waiting",
        "event_waiting",
        "barrier_waiting",
        "condition_waiting",
        "pipe_receive_waiting",
    )
)
"""The kinds of waits that a process which was never started could have ended."""


def say_without_value(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A narration has a {placeholder} but no value for it: one finding for each line."""
    lines: dict[str | None, tuple[Event, str]] = {}
    for event in run.said:
        for name in _placeholders(event.fields["text"]):
            if name not in event.fields["fields"]:
                lines.setdefault(event.at, (event, name))
    for event, name in lines.values():
        yield Finding(
            "say_without_value",
            "{process} said {placeholder}⟨ at {at}⟩ as it stands: say() was given no {name}",
            {"process": event.process, "pid": event.pid, "at": event.at, "name": name, "placeholder": f"{{{name}}}"},
            "give say() the value by its name: say(…, {name}=…)",
        )


def _placeholders(text: str) -> list[str]:
    """The names of the places in a text. Other text in braces is no mistake."""
    try:
        names = [name for _, name, _, _ in Formatter().parse(text) if name]
    except ValueError:  # a single brace: it is no template
        return []
    return [name for name in names if name.isidentifier()]


def cure_of(run: RunState, pid: int) -> str:
    """What cures the fault of these that ended a process; empty: none did, or its cure is about more than that."""
    for find in (missing_main_guard, unpicklable_target, wrong_arguments):
        for finding in find(run, Outcome()):
            mine = any(event.pid == pid and event.fields.get("during") == "starting" for event in run.raised)
            if (finding.pid == pid or (find is missing_main_guard and mine)) and not places(finding.cure):
                return finding.cure
    return ""


def explained(event: Event) -> bool:
    """Whether one of these findings, or `task_done_too_many`, explains the exception that ended a process."""
    return event.fields.get("during") in _EXPLAINED or bool(_unknown(event))


_EXPLAINED = frozenset(
    (
        *("starting", "sending", "task_done", "not_started", "grouping"),
        *("arguments", "calling", "calling with text", "started"),
    )
)


def _readable(name: str) -> str:
    """Such as "a lambda", for "main.<locals>.<lambda>"."""
    last = name.rpartition(".<locals>.")[2]
    return "a lambda" if last == "<lambda>" else last


def _unknown(event: Event) -> str:
    """The name that a process did not find when it unpickled its arguments; "" where that was not the fault."""
    match = _UNKNOWN.match(event.fields["text"]) if event.fields.get("during") == "receiving" else None
    return match["name"] or match["name_since_3_14"] if match else ""


def _child_name(run: RunState, event: Event) -> str:
    """The name of the process, also where it ended before it had its name."""
    start = run.started.get(event.pid)
    return str(start.fields["child_name"]) if start else event.process


def _start_method(run: RunState, pid: int) -> Any:
    start = run.started.get(pid)
    return (start and start.fields["method"]) or "spawn"
