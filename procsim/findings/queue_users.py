"""Who has used a queue and ended, where nobody is left who could end a wait for it: how these processes ended.

    wait, a side of its queue ──► those that ended badly ──► their ends: `deaths.py` ──► {because}
                             └──► else those that ended as they were to ──► what each put or took ──► {because}

One of the latter has left too early, or put no last item.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from procsim.findings.base import Finding, as_clause, error_words, folded
from procsim.findings.causes import Figures, ended_first
from procsim.findings.deaths import CLAUSES, because, dead, ended_badly
from procsim.state.objects import Queue
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState


def dead_users(run: RunState, wait: Wait, used: Counter[int], used_other_side: Counter[int]) -> list[Process]:
    """The processes that ended badly, and `used` the side of the queue by which the wait could end.

    Where such a process is still there, only those. Else also those that have not used the queue at all: they ended
    before they could.
    """
    of_queue = dead(run, wait, lambda process: bool(used[process.pid]))
    some_live = any(
        not ended_first(process, wait) and used[process.pid]
        for process in run.processes.values()
        if process.pid != wait.pid
    )
    if some_live:
        return of_queue
    return of_queue + dead(run, wait, lambda each: not used[each.pid] and not used_other_side[each.pid])


@dataclass(frozen=True)
class Side:
    """What processes do with one side of a queue, as a part of a sentence."""

    used: Finding
    """That one used it, and ended."""
    unused: Finding
    """That one ended, and had not."""


PUT = Side(
    Finding("ended.put", "{process} put {count} and ended⟨, last seen at {at}⟩"),
    Finding("ended.put_none", "{process} ended without having put one⟨, last seen at {at}⟩"),
)
TOOK = Side(
    Finding("ended.took", "{process} took {count} and ended⟨, last seen at {at}⟩"),
    Finding("ended.took_none", "{process} ended without having taken one⟨, last seen at {at}⟩"),
)


def what_they_did(run: RunState, wait: Wait, side: Side, used: Counter[int], used_other_side: Counter[int]) -> Figures:
    """How many items those had put or taken that could have ended the wait and ended well, as the figure {because};
    {caught}: the call that raised in one of them.

    None where one that used this side is still there. Where nobody ever used it, they are those that used neither.
    """
    gone = _ended_well(run, wait)
    if used:
        some_live = {*used} - {process.pid for process in run.processes.values() if ended_first(process, wait)}
        gone = [] if some_live else [process for process in gone if used[process.pid]]
    else:
        gone = [process for process in gone if not used_other_side[process.pid]]
    clauses = []
    for process in gone:
        count = used[process.pid]
        figures = {"process": process.name, "pid": process.pid, "at": process.at, "count": count}
        clauses.append((side.used if count else side.unused)._replace(figures=figures))
    caught = [*_caught(run, wait, gone)]
    clauses += caught
    return {
        "because": [as_clause(clause) for clause in folded(clauses)[:CLAUSES]] or None,
        "caught": caught[0].figures["call"] if caught else None,
    }


def how_they_ended(
    run: RunState, wait: Wait, badly: Sequence[Process], side: Side, used: Counter[int], used_other_side: Counter[int]
) -> Figures:
    """Why nobody is left, as the figure {because}: how those ended that ended `badly`, else what the others did."""
    return because(run, badly) if badly else what_they_did(run, wait, side, used, used_other_side)


def _ended_well(run: RunState, wait: Wait) -> list[Process]:
    """The processes that ended as they were to, before the wait was found to be stuck."""
    return [
        process
        for process in run.processes.values()
        if process.pid not in (wait.pid, run.main)
        and ended_first(process, wait)
        and process.pool is None
        and process.returned is not None
        and not process.is_manager
        and not ended_badly(process)
    ]


def _caught(run: RunState, wait: Wait, gone: Sequence[Process]) -> Iterator[Finding]:
    """The calls that raised, which may be why nobody puts or takes: where the program caught that, nothing shows it.

    Of those that are gone the last call; of any other process only that it could not start one.
    """
    for process in run.processes.values():
        event = process.call_raised
        if event is None or process.raised is not None or event.t > (wait.stuck or event.t):
            continue
        if process in gone or event.fields["call"] == "start":
            figures = {"process": process.name, "pid": process.pid, "at": event.at, "call": event.fields["call"]}
            yield CAUGHT._replace(figures=figures | {"error": error_words(event.fields)})


CAUGHT = Finding("ended.caught", "{call}()⟨ at {at}⟩ in {process} raised {error}")


def counts(queue: Queue | None) -> Figures:
    """How many items were put into it and taken, as figures."""
    return {"puts": queue.puts, "gots": queue.gots} if queue else {}
