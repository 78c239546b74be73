"""What was wrong in an execution: its exit code, exceptions, a hang, what is found in any run, what a scenario claims.

Running ──► events ──► RunState ──► findings that are certain, `always` of the scenario ──┐
    └──► exit code, who is blocked, what was stopped ─────────────────────────────────────┴──► faults
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from procsim import Claim
from procsim.explore.execution import Running
from procsim.explore.fairness import changes_nothing
from procsim.explore.hangs import hang_findings
from procsim.explore.listening import MAIN, PROCESSES
from procsim.explore.schedule import (
    CLAIM,
    ENDLESS,
    EXIT_CODE,
    FINDING,
    FORBIDDEN,
    HANG,
    LIMIT,
    STOPPED,
    UNCAUGHT,
    WHOLE,
    Fault,
)
from procsim.findings import Outcome, findings
from procsim.findings.base import UNEXPLAINED
from procsim.language import N_
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.wire.events import Event, from_wire
from procsim.wire.identities import MAIN_THREAD

Always = Callable[[RunState], Iterable[Claim]]
"""What a scenario says must hold in every execution."""

SAID_OTHERWISE = ("raised", "exit_code", "time_limit", "interrupted")
"""The findings that say what another fault says, too: an exception, or that it was ended early."""


def faults_of(running: Running, always: Always | None = None) -> tuple[Fault, ...]:
    """What was wrong in an execution that has ended."""
    if running.ended == STOPPED and running.forbidden is not None:
        what, name, at, thread = running.forbidden
        return (Fault(FORBIDDEN, what, at or "", thread, figures={"name": name}),)
    if running.ended == LIMIT:
        if running.has_too_many():
            return (Fault(ENDLESS, "processes", figures={"processes": PROCESSES}),)
        return (Fault(ENDLESS),) if _is_loop(running) else ()
    if running.ended != WHOLE:
        return ()
    state = state_of(running)
    hang = list(_hang(running, state))
    raised = list(_raised(running))
    code = running.exit_code
    found: list[Fault] = [*raised, *hang]
    if code and not any(fault.thread == MAIN for fault in raised):
        found.append(Fault(EXIT_CODE, str(code), figures={"code": code}))
    if not hang:
        found += _findings(state)
        found += _claims(state, always)
    return tuple(found)


def events_of(running: Running) -> list[Event]:
    """The events of an execution, in their order."""
    started, main = running.started, running.main_pid
    events = [from_wire(event, started) for event in sorted(running.events, key=lambda event: event[0])]
    first = _event("process_began", 0, main, parent=0, daemon=False, handles_sigterm=False)
    last = _event("process_ended", time.monotonic_ns() - started, main, exit_code=running.exit_code)
    return [first, *events, *([last] if running.exit_code is not None else [])]


def _event(kind: str, t: int, pid: int, **fields: Any) -> Event:
    return Event(kind, t, pid, MAIN, MAIN_THREAD, fields=fields)


def state_of(running: Running) -> RunState:
    """What is known of an execution that has ended."""
    state = RunState()
    for event in events_of(running):
        apply(state, event)
    return state


def _raised(running: Running) -> Iterator[Fault]:
    for event in running.events:
        _, kind, pid, process, thread, _, at, fields = event
        if kind in ("raised", "thread_raised"):
            who = running.process_name(pid) or process
            who = who if thread == MAIN_THREAD else f"{who}: {thread}"
            yield Fault(UNCAUGHT, str(fields.get("type")), at or "", who, figures={"text": str(fields.get("text", ""))})


def _is_loop(running: Running) -> bool:
    """Whether all who could go on did, and nobody changed anything for long. Else it may only be a long program, or
    somebody was never let move, or moves beside the gate, for whom others wait.
    """
    steps = running.steps[len(running.steps) // 2 :]
    never = frozenset.intersection(*(frozenset(step.enabled) for step in steps)) - {step.thread for step in steps}
    return not never and not running.loose and all(map(changes_nothing, steps))


def _hang(running: Running, state: RunState) -> Iterator[Fault]:
    """Who waits for what, where nobody can move any more: a fault for each cause that is known, one if none is.

    They have no `id`: of which kind a hang is, is told by who is blocked in what.
    """
    blocked = running.blocked
    if not blocked:
        return
    rows = [
        {"thread": thread, "kind": operation.kind, "object": operation.object, "at": operation.at}
        for thread, operation in sorted(blocked.items())
    ]
    causes = [finding for finding in hang_findings(running, state) if finding.id != UNEXPLAINED]
    for finding in causes:
        figures = {name: value for name, value in finding.figures.items() if name != "standing"}
        figures |= {"waiting": rows, "finding": finding.id}
        yield Fault(HANG, "", "", "", finding.text, figures, finding.cure)
    if not causes:
        yield Fault(HANG, figures={"waiting": rows})


def _findings(state: RunState) -> Iterator[Fault]:
    for finding in findings(state, Outcome()):
        if finding.certain and finding.is_fault and finding.id not in SAID_OTHERWISE:
            figures = finding.figures
            at = next((str(figures[name]) for name in ("at", "lost_at", "over_at") if figures.get(name)), "")
            identity, process = finding.sentence or finding.id, str(figures.get("process", ""))
            yield Fault(FINDING, identity, at, process, finding.text, figures, finding.cure)


def _claims(state: RunState, always: Always | None) -> Iterator[Fault]:
    if always is None:
        return
    try:
        claims = [Claim(*claim) for claim in always(state)]
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        yield Fault(
            CLAIM, "?", text=N_("what must always hold could not be checked: {error}"), figures={"error": reason}
        )
        return
    for claim in claims:
        if not claim.holds:
            identity = claim.sentence or claim.id
            yield Fault(CLAIM, identity, text=claim.text, figures=claim.figures, brief=claim.broken)
