"""Why a thread waits for ever at a Condition or an Event: a sleeper has ended, or the notice was not for all.

`notify` and `notify_all` return when all are awake that they have woken, and so do `Event.set`, the last one at a
`Barrier`, and the last `task_done` of a `JoinableQueue`, which have a `Condition` inside.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from procsim.findings.base import Finding
from procsim.findings.causes import Cause, KnownReason, figures_of, first_for_each
from procsim.findings.deaths import because, dead, died_in
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState

_IN_A_CONDITION = ("condition_waiting", "event_waiting", "barrier_waiting", "queue_join_waiting")


def dead_sleepers(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Waits for those to wake up that were notified, of which one has ended."""
    for wait in first_for_each(stuck, "condition_notify_waiting"):
        died = died_in(run, wait, _IN_A_CONDITION)
        if died is not None:
            yield DeadSleeper(wait, *died)
        else:
            yield GoneSleeper(wait, dead(run, wait))


@dataclass(frozen=True)
class DeadSleeper(KnownReason):
    """A thread waits until all are awake that it has notified, and a process has ended in which one of these waited."""

    sleeper: Process
    its: Wait
    """The sleeper's wait, in which it ended."""

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        figures = figures_of(run, self.wait) | because(run, [self.sleeper])
        return Finding(
            "sleeper_dead",
            "{process} waits⟨ at {at}⟩ until all are awake that waited for {object}⟨ (made at {made})⟩, and {sleeper}, "
            "which waited for it⟨ at {sleeper_at}⟩, will never wake up: {because}",
            figures | {"sleeper": self.sleeper.name, "sleeper_at": self.its.at},
            "do not end a process by force while it may wait for {object}: wake it up first, then join it",
        )


@dataclass(frozen=True)
class GoneSleeper(KnownReason):
    """The same, where it is not known which process it was."""

    dead: list[Process]

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "sleeper_dead",
            "{process} waits⟨ at {at}⟩ until all are awake that waited for {object}⟨ (made at {made})⟩, and one of "
            "them has ended, which will never wake up⟨: {because}⟩",
            figures_of(run, self.wait) | because(run, self.dead),
            "do not end a process by force while it may wait for {object}: wake it up first, then join it",
            sentence="sleeper_dead.unknown",
        )


def missed(run: RunState, wait: Wait) -> Finding | None:
    """The sentence about a wait whose notice has come, and was for fewer than waited or was taken back; else None."""
    lock, signal = run.locks.get(wait.object or 0), run.signals.get(wait.object or 0)
    if wait.kind == "condition_waiting" and lock is not None and lock.notified_few is not None:
        event, waited = lock.notified_few
        if event.t > wait.since:
            figures = {"notifier": event.process, "notified_at": event.at, "waited": waited, **event.fields}
            return NOTIFIED_FEW._replace(figures=figures)
    if wait.kind == "event_waiting" and signal is not None and signal.cleared is not None and signal.set_last:
        setter, cleared = signal.set_last, signal.cleared
        figures = {"setter": setter.process, "set_at": setter.at, "clearer": cleared.process, "cleared_at": cleared.at}
        return CLEARED._replace(figures=figures)
    return None


NOTIFIED_FEW = Finding(
    "condition_nobody_notifies",
    "{process} waits⟨ at {at}⟩ for a notice on {object}⟨ (made at {made})⟩, and nobody is left who could notify it; "
    "{notifier} notified {count} of the {waited} that waited⟨, at {notified_at}⟩",
    {},
    "where all are to go on, wake all of them: {object}.notify_all()",
    sentence="condition_nobody_notifies.few",
)
CLEARED = Finding(
    "event_nobody_sets",
    "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩ to be set, and nobody is left who could set it; "
    "{setter} had set it⟨ at {set_at}⟩, and {clearer} cleared it⟨ at {cleared_at}⟩",
    {},
    "clear {object} only when all have seen it: who begins to wait after that does not know that it was set",
    sentence="event_nobody_sets.cleared",
)
"""The findings without the figures of the wait."""
