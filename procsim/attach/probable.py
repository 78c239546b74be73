"""Why a running program probably hangs, where that is not certain: some of its threads move, but only to wait again.

    several looks ──► each thread stands in one wait, or was each time in the same one with a time limit ──► suspected

Pure. What `watch` takes for probable, and no more (`findings.probable`): a wait is old, it is known what has led to it,
and all that can move was seen to do the same again and again. Memory does not tell since when a thread waits, so it
counts from the first look. A thread that sleeps, computes or waits for something from outside may do anything.
"""

from collections.abc import Iterator, Sequence

from procsim.attach.look import Look, SeenProcess, SeenThread
from procsim.attach.story import facts_of, is_same
from procsim.attach.told import wait_events
from procsim.diagnosis.snapshot import ProcessSnapshot
from procsim.diagnosis.standstill import FREED_BY_HANDLERS, goes_on, handles_signals
from procsim.findings.base import Finding
from procsim.findings.exit_lost import exit_codes_lost
from procsim.findings.probable import OLD_WHILE_IT_RUNS_NS, suspected
from procsim.state.apply import apply
from procsim.state.processes import SLEEP
from procsim.state.run_state import RunState

ROUNDS = 2
"""How often a thread has gone to wait anew, at least, between the first look and the last one."""


_FOR_THE_END = ("process_join_waiting", "process_polled")
"""Waits for the end of a process alone."""


_IDLE = (*_FOR_THE_END, SLEEP)
"""What a process does that may be there for its signal handlers alone."""


def probable(looks: Sequence[Look], old: int = OLD_WHILE_IT_RUNS_NS) -> list[Finding]:
    """Why it probably hangs, by what all these looks show; nothing where any thread may do something else.

    `old`: how long, in ns, a wait lasts that is old. With 0: whether it is worth while to look on.
    """
    state = RunState()
    first, last = looks[0], looks[-1]
    if any(each.reason != "ended" for look in looks for each in look.unseen):
        return []
    if not all(_is_in_vain(looks, process, thread, old) for process, thread in _threads(last)):
        return []
    for event in facts_of(first, last):
        if "native_id" not in event.fields:
            apply(state, event._replace(t=first.t))
    names = {process.pid: process.name for process in state.processes.values()}
    end = last.t if old else last.t + OLD_WHILE_IT_RUNS_NS
    for look in looks:
        for process, thread in _threads(last):
            wait = thread.poll or (thread.wait if look is first else None)
            if wait is not None:
                for event in wait_events(names, process, thread, wait, end if look is last else look.t):
                    apply(state, event)
    found = suspected(state, end, old or OLD_WHILE_IT_RUNS_NS)
    lost = (finding for finding in exit_codes_lost(state) if _was_gone(finding.figures["child_pid"], looks))
    return [*lost] + [
        finding
        for finding in found
        if not _may_be_ended_by_a_handler(finding, last) and not _may_be_ended_by_another(finding, last)
    ]


def _threads(look: Look) -> Iterator[tuple[SeenProcess, SeenThread]]:
    """All threads that may end a wait of another one by themselves."""
    for process in look.processes.values():
        if not (process.ended or process.is_tracker or process.is_forkserver or process.is_manager):
            for thread in process.threads.values():
                yield process, thread


def _is_in_vain(looks: Sequence[Look], process: SeenProcess, thread: SeenThread, old: int) -> bool:
    """Whether a thread stands in the same wait all the time, or waits for the same again and again."""
    seen = [each.processes.get(process.pid) for each in looks]
    if any(each is None or each.birth != process.birth for each in seen):
        return False
    if thread.poll is not None:
        then = [each.threads.get(thread.number) for each in seen if each is not None]
        same = all(each is not None and each.poll == thread.poll for each in then)
        first = then[0]
        return same and first is not None and (not old or thread.waits_since >= first.waits_since + ROUNDS)
    if all(each is not None and _waits_for_itself(each, thread) for each in seen):
        return True
    blocked = thread.blocked
    if blocked is None or goes_on(blocked) or (thread.wait is None and blocked.how in ("read", "poll")):
        return False
    return all(is_same(each, process, thread) for each in seen)


def _was_gone(pid: int, looks: Sequence[Look]) -> bool:
    """Whether nothing was left of a process in any of these looks: its exit code is taken then."""
    return not any(pid in look.processes for look in looks)


def _waits_for_itself(process: SeenProcess, thread: SeenThread) -> bool:
    """Whether a thread waits for a lock that it holds itself. Signal handlers may interrupt that, again and again."""
    then = process.threads.get(thread.number)
    if then is None or then.wait is None or then.wait != thread.wait or then.wait.kind != "lock_waiting":
        return False
    file = then.semaphore
    known = process.semaphores.get(file) if file is not None else None
    held = any(hold.semaphore == file and hold.thread == thread.number and hold.count > 0 for hold in process.holds)
    return held and known is not None and known.limit == 1 and not known.recursive


def _may_be_ended_by_a_handler(finding: Finding, look: Look) -> bool:
    """Whether it is about a wait that a signal handler may be there to end: of the process that waits, or of one that
    only asks or sleeps meanwhile.
    """
    if finding.figures.get("kind") not in FREED_BY_HANDLERS:
        return False
    idle = {process.pid for process, thread in _threads(look) if thread.poll and thread.poll.kind in _IDLE}
    return any(_handles_signals(look.processes[pid]) for pid in {finding.pid, *idle} if pid in look.processes)


def _handles_signals(process: SeenProcess) -> bool:
    return process.handles_interrupts or handles_signals(
        ProcessSnapshot(process.pid, process.parent, caught=process.caught)
    )


def _may_be_ended_by_another(finding: Finding, look: Look) -> bool:
    """Whether a process is left that waits for something else, and may be the one which ends the wait then. Memory does
    not tell who has used the other side of a queue, or set an event. Who holds a lock it tells.
    """
    if finding.figures.get("kind") == "lock_waiting":
        return False
    waits = [(process.pid, thread.poll or thread.wait) for process, thread in _threads(look)]
    awaited = {wait.object for pid, wait in waits if wait is not None and pid == finding.pid}
    return any(
        wait is not None and wait.kind not in _FOR_THE_END and wait.object not in awaited
        for pid, wait in waits
        if pid != finding.pid
    )
