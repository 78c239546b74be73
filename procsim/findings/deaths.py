"""How the processes ended that would have had to end a wait: the part of a finding that says why nobody is left.

    wait ──► processes that ended badly before it was found to be stuck ──► a clause for each ──► {because}

A process ended badly if an exception or a signal ended it, if its exit code is not 0, or if it left by `os._exit`. If
it has emitted nothing of its end and its exit code is not known, a signal has most likely ended it: a forkserver takes
the exit code from the system at once, and tells the parent alone.
"""

import signal
from collections.abc import Callable, Sequence

from procsim.findings import beginner
from procsim.findings.base import ENDED, Finding, as_clause, error_words, folded, signal_name
from procsim.findings.causes import Figures, ended_first
from procsim.language import N_
from procsim.state.processes import TOOK, Process, Wait
from procsim.state.run_state import RunState

_LOOK = N_("wait with a time limit (timeout=…), and look whether those that are waited for are still alive")

_LOOK_WITHOUT_LIMIT = {
    "tasks_not_done": N_(
        "join() of {object} has no time limit: look again and again whether those that take from it are still alive, "
        "and start another one where one has ended"
    ),
    "SimpleQueue": N_(
        "take a Queue, whose get() has a time limit (timeout=…), and look whether those that are waited for are still "
        "alive"
    ),
}
"""The same where a wait has no time limit, by the id of the finding or the type of the object."""

CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE)
"""Signals by which a process ends in its own code."""
CRASH = N_(
    "it crashed in code that is no Python, of a library, say: `python -X faulthandler` writes the line where; and have "
    "no more done there than must be while others wait for that process"
)

CLAUSES = 3
"""Clauses that are written, of more."""


def dead(run: RunState, wait: Wait, could_end_it: Callable[[Process], bool] = lambda process: True) -> list[Process]:
    """The processes that ended badly before the wait was found to be stuck, and whose part it was to end it.

    The workers of a pool are left out: what their end means is said in `pool_tasks.py` and `pools.py`.
    """
    return [
        process
        for process in run.processes.values()
        if process.pid != wait.pid
        and (process.pid != run.main or process.raised is not None)
        and ended_first(process, wait)
        and process.pool is None
        and ended_badly(process)
        and could_end_it(process)
    ]


def broke_executor(run: RunState, pid: int, pool: int | None = None) -> list[Process]:
    """The workers whose end has broken an executor of this process; `pool`: which one, where that is known.

    A worker of an executor that procsim does not know is a child like any other. An executor that is broken ends its
    other workers; so those that were ended on request count only where the program itself has done that, the first one.
    """
    ended = [
        process
        for process in run.processes.values()
        if process.parent == pid
        and process.ended is not None
        and (process.pool == pool if pool else run.pool_type(process) != "Pool")
        and ended_badly(process)
    ]
    by_themselves = [process for process in ended if process.raised is not None or not process.ended_on_request]
    first = min(ended, key=lambda process: process.ended or 0, default=None)
    return by_themselves or ([first] if first is not None and first.terminated_at else [])


def held_by(run: RunState, process: Process) -> list[str]:
    """The names of the locks that a process held when it ended."""
    return [lock.name for lock in run.locks.values() if process.pid in lock.holders and not lock.handed_on]


def item_in_hand(worker: Process) -> object:
    """The last item that a worker of a pool had taken from a queue in its task; None: it had taken none."""
    since = worker.task.since if worker.task else 0
    return next((value for t, what, value, _ in reversed(worker.marks) if what == TOOK and t >= since), None)


def died_in(run: RunState, wait: Wait, kinds: Sequence[str]) -> tuple[Process, Wait] | None:
    """The first of the processes that ended while they waited for the same object, in a wait of such a kind."""
    waits = [
        (process, its)
        for process in run.processes.values()
        if process.pid != wait.pid and ended_first(process, wait)
        for its in process.waits.values()
        if its.kind in kinds and its.object == wait.object
    ]
    return min(waits, key=lambda each: each[1].since, default=None)


def ended_badly(process: Process) -> bool:
    """Whether it has ended, and badly: see above."""
    return bool(process.raised or _code(process)) or left_by_exit(process) or _vanished(process)


def _code(process: Process) -> int | None:
    """Its exit code; as long as nobody has seen that, the one with which it was about to end."""
    if process.exit_code is None and process.left is not None:
        return int(process.left.fields["exit_code"])
    return process.exit_code


def _vanished(process: Process) -> bool:
    """Whether it was there and is gone, and nothing is known of its end."""
    traced = process.began is not None and not process.untraced
    return traced and process.exit_code is None and process.returned is None and process.left is None


def left_by_exit(process: Process) -> bool:
    """Whether it left by `os._exit`, in the middle of its code."""
    return process.left is not None and process.left.at is not None


def was_cut_short(process: Process) -> bool:
    """Whether it ended in the middle of its code, so that multiprocessing could not do what it does at its end."""
    return process.raised is None and (left_by_exit(process) or _vanished(process) or (_code(process) or 0) < 0)


def with_deaths(run: RunState, finding: Finding, processes: Sequence[Process]) -> Finding:
    """A finding that has a place for {because}, with how these processes ended.

    Where one was killed, or a beginner's fault ended it, the cure is about that.
    """
    finding = with_cure(run, finding._replace(figures={**finding.figures, **because(run, processes)}), processes)
    cure = next((clause.cure for clause in map(clause_of, processes) if clause.cure), "")
    if cure == _LOOK:
        without_limit = (finding.id, finding.figures.get("type"))
        cure = next((_LOOK_WITHOUT_LIMIT[each] for each in without_limit if each in _LOOK_WITHOUT_LIMIT), cure)
    return finding._replace(cure=cure, sentence=f"{finding.sentence or finding.id}.killed") if cure else finding


def with_cure(run: RunState, finding: Finding, processes: Sequence[Process]) -> Finding:
    """The finding; where one of these processes ended by a fault that has a cure of its own, with that cure."""
    cure = next(filter(None, (beginner.cure_of(run, process.pid) for process in processes)), "")
    return finding._replace(cure=cure, sentence=f"{finding.sentence or finding.id}.cause") if cure else finding


def because(run: RunState, processes: Sequence[Process]) -> Figures:
    """How these processes ended, as figures: {because} is None where there are none of them."""
    clauses = folded(map(clause_of, processes))[:CLAUSES]
    pids = [process.pid for process in processes]
    return {"because": [as_clause(clause) for clause in clauses], ENDED: pids} if clauses else {"because": None}


def clause_of(process: Process) -> Finding:
    """How a process ended, as a part of a sentence; the cure, where it was killed."""
    code, figures = _code(process), {"process": process.name, "pid": process.pid, "at": process.at}
    figures |= {"function": process.task.function if process.task else None}
    if process.raised is not None:
        raised = process.raised
        return Finding(
            "ended.raised",
            "{process} ended⟨ at {at}⟩⟨ in the middle of {function}⟩ by an exception: {error}",
            figures | {"at": raised.at, "error": error_words(raised.fields)},
        )
    if code is not None and code < 0:
        figures["signal"] = signal_name(-code)
        if process.terminated_by and process.ended_on_request:
            return Finding(
                "ended.killed",
                "{process} was ended⟨ in the middle of {function}⟩ by {signal}, which {killer} sent⟨ at {killed_at}⟩",
                figures | {"killer": process.terminated_by, "killed_at": process.terminated_at},
                "do not end a process by force that others wait for: tell it to end, and join it",
            )
        return Finding(
            "ended.signal",
            "{process} was ended⟨ in the middle of {function}⟩ by {signal}⟨, last seen at {at}⟩",
            figures,
            CRASH if -code in CRASHES else _LOOK,
        )
    if _vanished(process):
        return Finding(
            "ended.vanished",
            "{process} was ended⟨ in the middle of {function}⟩, most likely by a signal⟨, last seen at {at}⟩",
            figures,
            _LOOK,
        )
    if left_by_exit(process):
        return Finding(
            "ended.left",
            "{process} left by os._exit⟨ at {at}⟩⟨ in the middle of {function}⟩, with exit code {exit_code}",
            figures | {"exit_code": code},
        )
    return Finding(
        "ended.exit_code",
        "{process} ended⟨ in the middle of {function}⟩ with exit code {exit_code}⟨, last seen at {at}⟩",
        figures | {"exit_code": code},
    )
