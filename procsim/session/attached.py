"""Looks at a program that runs already, and shows why it hangs: once, or again every second.

PID ──► two looks ──► story: events ──► RunState ──► verdict ──► the view, exit code
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import psutil

from procsim.attach.errors import NoSuchProcess
from procsim.attach.look import Look, SeenThread
from procsim.attach.notes import held_elsewhere, notes_of, states_of, unknown_of
from procsim.attach.probable import probable
from procsim.attach.reader import take_look
from procsim.attach.story import events_of
from procsim.attach.told import site
from procsim.diagnosis.stacks import begins_process, folded, whose_code
from procsim.diagnosis.system_view import SLEEPS, SystemView, system_view
from procsim.diagnosis.watchman import finding_fields
from procsim.exit_code import ExitCode
from procsim.findings.base import from_fields
from procsim.findings.probable import OLD_WHILE_IT_RUNS_NS
from procsim.running.processes import name_for_people
from procsim.session.report import Report
from procsim.session.signals import Signals
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.views.attached import Attached, Call, ThreadStack
from procsim.views.base import Verdict, View
from procsim.views.text.stacks import system_words
from procsim.wire.events import Event

PAUSE_SECONDS = 0.3
"""Between two looks. Whoever waits for ever waits for the same in both."""

AGAIN_SECONDS = 0.5
"""Between two of several looks, by which it is found out whether what moves does the same again and again."""

LOOK_SECONDS = 1.0
"""Between two looks on the screen; at least as long as a look takes."""


KEPT = 30
"""So many of the last looks are kept, beside the first one that showed the same."""


@dataclass(frozen=True)
class Wanted:
    """What people want to see."""

    only: bool = False
    """This process alone."""
    values: bool = False
    """The values of variables, too."""


@dataclass(frozen=True)
class Seen:
    """A running program as it was seen."""

    events: list[Event]
    state: RunState
    verdict: Verdict
    attached: Attached


class Screen(Protocol):
    """What shows it again and again. It is entered before it shows anything."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, run: RunState, verdict: Verdict, attached: Attached) -> None:
        """Show this from now on."""

    def stay(self, seconds: float) -> bool:
        """Do what keys ask for, for so long. Returns whether people want to leave."""

    def finish(self, run: RunState, verdict: Verdict, attached: Attached) -> None:
        """The screen was left: what was seen last stays in the terminal."""


def show_attached(pid: int, wanted: Wanted, make_view: Callable[[Attached], View], report: Report) -> int:
    """Look at a program, and show what was seen. Returns the exit code of the command.

    Raises `CannotAttach`; `CannotWrite` if the view cannot write, or has no reader.
    """
    with Signals() as signals:
        first = take_look(pid, wanted.only, wanted.values)
        time.sleep(PAUSE_SECONDS)
        looks = [first, _look_again(first, wanted)]
        seen = seen_in(looks)
        while not signals.received and may_hang(seen, looks):
            time.sleep(AGAIN_SECONDS)
            looks.append(_look_again(looks[-1], wanted))
            seen = seen_in(looks)
        if signals.received:
            return 128 + signals.received
        with make_view(seen.attached) as view:
            state = RunState()
            for event in seen.events:
                apply(state, event)
                view.event(event, state)
            view.finish(state, seen.verdict)
    return code_of(seen, report)


def watch_attached(pid: int, wanted: Wanted, screen: Screen, report: Report) -> int:
    """Look at a program every second, and show it, until people leave or it has ended. Returns the exit code.

    Raises `CannotAttach` where it cannot be looked at, and where it ended while it was.
    """
    first = take_look(pid, wanted.only, wanted.values)
    time.sleep(PAUSE_SECONDS)
    began = time.monotonic()
    looks = [first, _look_again(first, wanted)]
    with Signals() as signals, screen:
        while True:
            seen = seen_in(looks)
            screen.show(seen.state, seen.verdict, seen.attached)
            if screen.stay(max(LOOK_SECONDS, time.monotonic() - began)) or signals.received:
                break
            began = time.monotonic()
            looks.append(_look_again(looks[-1], wanted))
            looks = [looks[0], *looks[1:][-KEPT:]] if probable(looks, old=0) else looks[-2:]
    if signals.received:
        return 128 + signals.received
    screen.finish(seen.state, seen.verdict, seen.attached)
    return code_of(seen, report)


def _look_again(before: Look, wanted: Wanted) -> Look:
    """Another look at the same process. Raises `CannotAttach`, also where another one has its PID by now."""
    look = take_look(before.asked, wanted.only, wanted.values)
    if look.processes[look.asked].birth != before.processes[before.asked].birth:
        raise NoSuchProcess(before.asked)
    return look


def may_hang(seen: Seen, looks: Sequence[Look]) -> bool:
    """Whether it is worth while to look again: it may turn out that it probably hangs."""
    if seen.verdict.findings or looks[-1].t - looks[0].t >= OLD_WHILE_IT_RUNS_NS:
        return False
    return bool(probable(looks, old=0))


def seen_in(looks: Sequence[Look]) -> Seen:
    """What the last two of these looks have in common: what the program waits for, and why it hangs. Where they do not
    show it, why it probably hangs, by all of them.
    """
    first, second = looks[-2:]
    events, state = events_of(first, second), RunState()
    for event in events:
        apply(state, event)
    for finding in () if state.found else probable(looks):
        main = state.process_name(second.main)
        events.append(Event("finding", second.t, second.main, main, "", None, None, finding_fields(finding)))
        apply(state, events[-1])
    title = _title(second.main)
    findings = [from_fields(event.fields) for event in (*state.found, *state.suspected)]
    attached = Attached(
        title,
        notes_of(second),
        unknown_of(second),
        states_of(second),
        _calls(second),
        _places(second),
        held_elsewhere(second),
        _stacks(second),
    )
    return Seen(events, state, Verdict(title, findings=findings), attached)


def code_of(seen: Seen, report: Report) -> int:
    """The exit code: whether it hangs, or that is not known, or something else is wrong that is to be told."""
    code = ExitCode.SHOWN
    if seen.state.hung is not None:
        code = ExitCode.HUNG
    elif seen.attached.unknown and not seen.verdict.findings:
        code = ExitCode.WRONG_USE
    return report.made(code, seen.state, seen.verdict)


def _calls(look: Look) -> dict[int, str]:
    """What the main threads do that do not run."""
    views = {pid: system_view(pid, pid) for pid, process in look.processes.items() if not process.ended}
    return {pid: _call_words(view) for pid, view in views.items() if view.state not in ("R", "")}


def _call_words(view: SystemView) -> str:
    call = "" if view.call in SLEEPS else view.call
    return system_words(call, view.target if view.target.startswith("/") else "", view.state)


def _places(look: Look) -> dict[int, str]:
    found = {pid: process.threads[pid].place for pid, process in look.processes.items() if pid in process.threads}
    return {pid: at for pid, place in found.items() if (at := site(place)) is not None}


def _stacks(look: Look) -> dict[int, list[ThreadStack]]:
    return {
        pid: [_stack_of(pid, thread) for _, thread in sorted(process.threads.items(), key=lambda row: row[0] != pid)]
        for pid, process in look.processes.items()
        if process.python
    }


def _stack_of(pid: int, thread: SeenThread) -> ThreadStack:
    calls = []
    for place in thread.stack:
        whose = whose_code(place.file)
        if begins_process(place.function, whose):
            break
        calls.append(Call(place.function, site(place) or place.file, place.values, whose))
    return ThreadStack("" if thread.number == pid else thread.name, calls, folded(calls))


def _title(pid: int) -> str:
    try:
        return name_for_people(psutil.Process(pid))
    except psutil.Error:  # it has just ended
        return f"PID {pid}"
