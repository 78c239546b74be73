"""What went wrong in a run, from the state alone. Pure: no clock, no process, no terminal.

    RunState, Outcome ──► FINDINGS, a function for each ──► findings ──► views, recordings, the exit code
    RunState ──► hangs.py: causes of waits that cannot end ──► findings, while the program still hangs

In comes what is known of a run, and, of its end, what no event shows (`Outcome`); out come findings: a sentence that
names the process, the object and the line, its figures, and a cure. The session knocks when a run has ended, the
watchman while it hangs. The ids and figures of findings are part of recordings and stay as they are.

To add one: a function in the file it belongs to, and its row in FINDINGS. To add a cause of hangs: a `Cause`, a
function that finds it, and its row in `hangs.CAUSES`.
"""

from collections.abc import Callable, Iterator

from procsim.findings import (
    beginner,
    endings,
    exit_lost,
    left_early,
    losses,
    memory,
    pool_tasks,
    pool_threads,
    pools,
    races,
    results,
)
from procsim.findings.base import ENDED, Finding, Outcome, already_found, folded, whose_end_it_names
from procsim.state.run_state import RunState

__all__ = ["FINDINGS", "Finding", "Outcome", "findings"]


def findings(run: RunState, outcome: Outcome) -> list[Finding]:
    """All that went wrong: why it hung, then the others in the order of FINDINGS.

    Of the others, equal ones about several processes become one; and the end of a process is not said again where it is
    the cause of a hang.
    """
    found = [*already_found(run), *folded(finding for find in FINDINGS for finding in find(run, outcome))]
    causes = {pid for finding in found for pid in finding.figures.get(ENDED, ())}
    said = {
        "raised": causes,
        "exit_unseen": causes,
        "died": {pid for finding in found for pid in whose_end_it_names(finding)},
    }
    cures = {finding.cure for finding in already_found(run)}
    return [
        finding
        for finding in found
        if not (finding.id in said and _pids(finding) <= said[finding.id])
        and not (finding.id in _FAULTS and finding.cure in cures and _pids(finding) <= causes)
    ]


_FAULTS = ("missing_main_guard", "unpicklable_target", "wrong_arguments")
"""Of these the cure is that of the hang which they have led to: see `deaths.with_cure`."""


def _pids(finding: Finding) -> set[int | None]:
    return set(finding.figures.get("same_pids", [finding.pid]))


def _probably_hangs(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    if outcome.ended_early:
        from procsim.findings.probable import probably_hangs  # with all causes of hangs; most runs end by themselves

        yield from probably_hangs(run, outcome)


FINDINGS: tuple[Callable[[RunState, Outcome], Iterator[Finding]], ...] = (
    _probably_hangs,
    beginner.main_not_called,
    beginner.missing_main_guard,
    beginner.unpicklable_target,
    beginner.unknown_target,
    beginner.no_target,
    beginner.not_started,
    beginner.group_given,
    beginner.wrong_arguments,
    beginner.started_twice,
    beginner.say_without_value,
    pools.never_ready,
    endings.raised,
    pool_tasks.worker_died,
    pool_threads.thread_died,
    pool_threads.never_begun,
    results.errors_unseen,
    results.never_begun,
    endings.died,
    endings.exit_unseen,
    exit_lost.exit_codes_lost,
    endings.left_behind,
    losses.items_lost,
    left_early.empty_too_early,
    losses.item_dropped,
    losses.task_done_too_many,
    losses.lock_made_anew,
    losses.lost_update,
    losses.copy_changed,
    memory.memory_left,
    endings.interrupted,
    endings.time_limit,
    races.could_be_lost,
)
