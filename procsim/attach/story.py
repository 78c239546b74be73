"""Tells what was seen of a running program as events, as if it had emitted them: for state, findings and views.

    two looks ──► told: events ──► state ──► who is stuck by both (diagnosis) ──► why (findings) ──► events

Pure. One look is not enough: it takes a while, and what was read first may have changed before it was whole. So a
thread is stuck if it is by both looks, and has not gone to wait anew between them.
"""

from procsim.attach.look import Look, SeenProcess, SeenThread
from procsim.attach.told import Teller
from procsim.diagnosis.snapshot import ProcessSnapshot, Snapshot
from procsim.diagnosis.standstill import goes_on, stuck
from procsim.diagnosis.stuck_events import stuck_events
from procsim.diagnosis.watchman import finding_fields
from procsim.findings.beginner import waits_for_one_not_started
from procsim.findings.hangs import hangs
from procsim.state.apply import apply, state_of
from procsim.wire.events import Event


def events_of(first: Look, second: Look) -> list[Event]:
    """What the second look has shown, and which threads will never go on by both looks, and why."""
    events = [*Teller(second).events()]
    state = state_of(events)
    snapshot = _snapshot(second, first)
    found = stuck(state, snapshot) & stuck(state_of(Teller(first).events()), _snapshot(first, second))
    for event in stuck_events(state, snapshot, found, second.t):
        events.append(event)
        apply(state, event)
    main = state.process_name(second.main)
    for finding in (*hangs(state), *waits_for_one_not_started(state)):
        events.append(Event("finding", second.t, second.main, main, "", None, None, finding_fields(finding)))
    return events


def facts_of(first: Look, second: Look) -> list[Event]:
    """What the second look has shown, without who is stuck and why: of what may change, such as a wait or who holds a
    lock, only what the first has shown, too.
    """
    before = {_without_time(event) for event in Teller(first).events()}
    return [
        event
        for event in Teller(second).events()
        if not _may_change(event) or (_without_time(event) in before and _lasts(event, first, second))
    ]


def _without_time(event: Event) -> str:
    return repr(event._replace(t=0))


def _may_change(event: Event) -> bool:
    return "native_id" in event.fields or event.kind in ("lock_acquired", "lock_holder_gone")


def _lasts(event: Event, first: Look, second: Look) -> bool:
    """Whether a wait is the same in both looks; also whatever is no wait."""
    number = event.fields.get("native_id")
    if number is None:  # it may be about a process that has ended
        return True
    process = second.processes[event.pid]
    return is_same(first.processes.get(event.pid), process, process.threads[number])


def _snapshot(look: Look, other: Look) -> Snapshot:
    """The processes for the fixpoint: a thread that the two looks do not show in the same wait counts as moving."""
    return Snapshot(
        {
            process.pid: ProcessSnapshot(
                process.pid,
                process.parent,
                {
                    thread.number: thread.blocked
                    if is_same(other.processes.get(process.pid), process, thread)
                    else None
                    for thread in process.threads.values()
                },
                process.ends,
                process.is_forkserver,
                process.caught,
                process.handles_interrupts,
            )
            for process in look.processes.values()
            if not process.ended and not process.is_tracker
        },
        look.outside,
        look.peers,
        incomplete=any(each.reason != "ended" for each in look.unseen),
    )


def is_same(other: SeenProcess | None, process: SeenProcess, thread: SeenThread) -> bool:
    """Whether a thread is in the same wait as in the other look."""
    if thread.blocked is not None and goes_on(thread.blocked):
        return True
    then = other.threads.get(thread.number) if other is not None and other.birth == process.birth else None
    return then is not None and (then.waits_since, then.blocked, then.semaphore, then.wait) == (
        thread.waits_since,
        thread.blocked,
        thread.semaphore,
        thread.wait,
    )
