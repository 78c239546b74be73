"""What went wrong in a run: one function per finding, each from the state alone.

A finding says who, on what, at which line. To add one: write its function in the file it belongs to and its row in
FINDINGS.
"""

from collections.abc import Callable, Iterator

from procsim.findings import beginner, endings, hangs, losses, pools
from procsim.findings.base import Finding, Outcome, folded
from procsim.state.run_state import RunState

__all__ = ["FINDINGS", "Finding", "Outcome", "findings"]


def findings(run: RunState, outcome: Outcome) -> list[Finding]:
    """All that went wrong: why it hangs, then the others in the order of FINDINGS.

    Of those, equal ones, each of another process, are one.
    """
    return [*hangs.told(run), *folded(finding for find in FINDINGS for finding in find(run, outcome))]


FINDINGS: tuple[Callable[[RunState, Outcome], Iterator[Finding]], ...] = (
    beginner.main_not_called,
    beginner.missing_main_guard,
    beginner.unpicklable_target,
    beginner.unknown_target,
    beginner.no_target,
    beginner.not_started,
    beginner.say_without_value,
    endings.raised,
    pools.worker_died,
    endings.died,
    endings.left_behind,
    losses.items_lost,
    losses.task_done_too_many,
    losses.lock_made_anew,
    losses.lost_update,
    endings.interrupted,
    endings.time_limit,
)
