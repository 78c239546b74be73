"""Runs the program as plans choose, several times at once: a slot for each core, and a thread of ours for each slot.

begin(plan) ──► a slot that is free ──► Running ──► what was wrong (`faults`) ──► done() ──► (plan, Execution)
"""

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from procsim.explore.copies import CannotExplore
from procsim.explore.execution import Running
from procsim.explore.schedule import Execution, Fault, Plan
from procsim.explore.slot import Slot
from procsim.language import _

STEPS = 2_000
"""The most steps of an execution."""

LOOK_SECONDS = 0.05
"""Between two calls of what there is to do meanwhile, while nothing else happens."""

Judge = Callable[[Running], tuple[Fault, ...]]
"""Says what was wrong in an execution that has ended."""


class Executor:
    """Runs a program again and again. To be closed at the end."""

    def __init__(
        self,
        command: Sequence[str],
        judge: Judge,
        *,
        variables: Mapping[str, str] | None = None,
        seed: int = 0,
        start_method: str | None = None,
        places: int | None = None,
        steps: int = STEPS,
        allowed: Sequence[str] = (),
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """`command`: as `python` takes it, from the script on; `steps`: the most of one execution; `allowed`: what it
        may do outside (`tracer/confines.py`); `meanwhile`: called again and again while this waits, and what it raises
        is raised. Raises `CannotExplore`.
        """
        self.until: float | None = None
        self._meanwhile = meanwhile
        self.places = places or len(os.sched_getaffinity(0))
        self._judge, self._limit = judge, steps
        self._roots = [_here()]
        self._orders: queue.SimpleQueue[Plan | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[Plan, Execution | BaseException]] = queue.SimpleQueue()
        self._slots: list[Slot] = []
        try:
            for _place in range(self.places):
                self._slots.append(Slot(command, variables or os.environ, seed, start_method, allowed))
            for slot in self._slots:
                slot.wait_until_it_stands(LOOK_SECONDS, meanwhile)
        except BaseException:
            self._close_slots()
            raise
        self._threads = [threading.Thread(target=self._serve, args=[slot], daemon=True) for slot in self._slots]
        for thread in self._threads:
            thread.start()

    def begin(self, plan: Plan) -> None:
        """Begin an execution. At most `places` go on at once."""
        self._orders.put(plan)

    def done(self) -> tuple[Plan, Execution]:
        """Wait until one of them has ended: its plan, and what came of it. In any order. Raises `CannotExplore`."""
        while True:
            with contextlib.suppress(queue.Empty):
                plan, execution = self._results.get(timeout=LOOK_SECONDS)
                break
            self._meanwhile()
        if isinstance(execution, BaseException):
            raise execution
        return plan, execution

    def close(self) -> None:
        """End those that go on; what comes of them is not asked for."""
        for _thread in self._threads:
            self._orders.put(None)
        self._close_slots()

    def _close_slots(self) -> None:
        for slot in self._slots:
            slot.close()

    def _serve(self, slot: Slot) -> None:
        while (plan := self._orders.get()) is not None:
            try:
                self._results.put((plan, self._execute(slot, plan)))
            except (CannotExplore, OSError) as error:
                self._results.put((plan, error))
                return
            except BaseException as error:  # a fault of ours: it is raised where it is asked for
                self._results.put((plan, error))

    def _execute(self, slot: Slot, plan: Plan) -> Execution:
        running = Running(slot, plan, self._limit, self._roots, lambda: self.until)
        running.run()
        return Execution(
            running.steps,
            running.blocked,
            running.ended,
            running.exit_code,
            self._judge(running),
            tuple(running.uncontrolled),
            running.diverged,
        )


def _here() -> str:
    """The folder where the program runs. Raises `CannotExplore` where it is gone."""
    try:
        return os.getcwd()
    except OSError as error:
        raise CannotExplore(_("the run cannot be started: {reason}").format(reason=error.strerror)) from error


def nothing_wrong(running: Any) -> tuple[Fault, ...]:
    """A `Judge` that finds nothing."""
    return ()
