"""Explores a program: all of its orders, within a budget; then some at random; then why those are wrong that are.

    search ──► sampling, if the search was not complete ──► of each wrong kind: simpler, the pair that decides, again

It knows no clock and no process: both are handed in.
"""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass

from procsim.explore.bounded import BoundedSearch
from procsim.explore.deciding import deciding_pairs
from procsim.explore.optimal import OptimalSearch
from procsim.explore.order import Order
from procsim.explore.outcomes import AGAIN, Exploration, Kind, Outcome, is_right, kind_of
from procsim.explore.plans import Begun
from procsim.explore.sampling import InTurn
from procsim.explore.schedule import WHOLE, Execution, Executor, Plan
from procsim.explore.shrink import shrunk

SAMPLED_SHARE = 0.25
"""How much of the budget orders at random are given on top, where the search could not end within it."""

EXPLAINED_KINDS = 8
"""Of so many kinds of what went wrong, the most common ones, the simplest way is looked for."""

LONGER_SECONDS = 1.0
"""So long after the budget is spent an execution may go on that was begun before."""

COUNTED_SECONDS = 0.2
"""So often the orders are counted while the search goes on."""

SECONDS = 60.0

_Questions = Generator[Plan, Execution, None]
"""Plans, each of which is answered by what came of it."""


@dataclass(frozen=True)
class Budget:
    """How long the search goes on: until one of these is spent."""

    executions: int | None = None
    seconds: float | None = SECONDS


class Explorer:
    """Explores one program, once."""

    def __init__(
        self,
        executor: Executor,
        now: Callable[[], float],
        budget: Budget = Budget(),
        bound: int | None = None,
        seed: int = 0,
        progress: Callable[[Exploration], None] = lambda exploration: None,
    ) -> None:
        """`now`: the time in seconds. `bound`: only orders with at most so many preemptions.

        `progress` is called after each execution with what is known so far; from `searched` on, that is explained.
        """
        self._executor, self._now, self._budget, self._progress = executor, now, budget, progress
        self._search = OptimalSearch() if bound is None else BoundedSearch(bound)
        self._begun_at = now()
        self._counted_at = float("-inf")
        """seconds: when orders were counted last."""
        self._kinds: list[Kind] = []
        """Of each whole execution of the search."""
        self._raced: dict[Kind, Execution] = {}
        """Of each wrong kind, the execution of which it is known what it races for."""
        self.exploration = Exploration(bound, seed)

    def run(self) -> Exploration:
        """All of it. A KeyboardInterrupt ends it early: then it returns what is known so far."""
        try:
            self._try_all()
            if not self.exploration.searched and self.exploration.stopped is None:
                self._try_some()
            self._explain()
        except KeyboardInterrupt:
            self.exploration.interrupted = True
        finally:
            self._executor.close()
            self._tally()
        return self.exploration

    def _go(
        self,
        next_plan: Callable[[], Plan | None],
        record: Callable[[Plan, Execution], None],
        is_over: Callable[[int], bool] = lambda begun: False,
    ) -> None:
        """Run plans, as many at once as there are places, until there is none or it is over.

        `is_over`: whether that is so, after so many of them.
        """
        begun = out = kinds = 0
        while True:
            while out < self._executor.places and not is_over(begun) and (plan := next_plan()) is not None:
                self._executor.begin(plan)
                begun += 1
                out += 1
            if not out:
                return
            record(*self._executor.done())
            out -= 1
            self.exploration.seconds = self._now() - self._begun_at
            seconds, is_new = self.exploration.seconds, len(self.exploration.outcomes) != kinds
            if is_new or seconds >= self._counted_at + COUNTED_SECONDS:
                self._counted_at, kinds = seconds, len(self.exploration.outcomes)
                self._tally(so_far=True)
            self._progress(self.exploration)

    def _try_all(self) -> None:
        """The search, until its budget is spent."""
        found, search = self.exploration, self._search

        def record(plan: Plan, execution: Execution) -> None:
            search.record(plan, execution)
            found.open = search.open
            found.take(execution, at_random=False)
            if execution.ended == WHOLE:
                self._kinds.append(kind_of(execution))

        self._go(search.next_plan, record, self._until(1.0))
        found.searched = search.complete
        found.cut = isinstance(search, BoundedSearch) and search.cut

    def _try_some(self) -> None:
        """Orders at random."""
        sampling = InTurn(self.exploration.seed)

        def record(plan: Plan, execution: Execution) -> None:
            sampling.record(plan, execution)
            self.exploration.take(execution, at_random=True)

        self._go(sampling.next_plan, record, self._until(SAMPLED_SHARE))

    def _until(self, share: float) -> Callable[[int], bool]:
        """Whether so much of the budget has been spent since now, or something was not allowed."""
        begun_at = self._now()
        seconds = self._budget.seconds
        self._executor.until = None if seconds is None else begun_at + seconds * share + LONGER_SECONDS

        def is_over(begun: int) -> bool:
            executions = self._budget.executions
            return (
                self.exploration.stopped is not None
                or (executions is not None and begun >= executions * share)
                or (seconds is not None and self._now() - begun_at >= seconds * share)
            )

        return is_over

    def _explain(self) -> None:
        """Each of the wrong kinds has one plan out at a time; several of them go on at once."""
        self._executor.until = None
        questions: deque[tuple[_Questions, Execution | None]] = deque(
            (self._explanation(outcome), None) for outcome in self.exploration.wrong[:EXPLAINED_KINDS]
        )
        asked: dict[Plan, _Questions] = {}

        def next_plan() -> Plan | None:
            while questions:
                question, answer = questions.popleft()
                try:
                    plan = next(question) if answer is None else question.send(answer)
                except StopIteration:
                    continue
                asked[plan] = question
                return plan
            return None

        def record(plan: Plan, execution: Execution) -> None:
            self.exploration.explaining += 1
            self.exploration.note(execution)
            questions.append((asked.pop(plan), execution))

        self._go(next_plan, record)

    def _explanation(self, outcome: Outcome) -> _Questions:
        """A simpler way to the outcome, whether it leads there each time, and the pair that decides."""
        if outcome.simplest.ended != WHOLE:
            return
        outcome.simplest = yield from shrunk(outcome.simplest, lambda found: kind_of(found) == outcome.kind)
        same = 0
        for _time in range(AGAIN):
            found = yield Begun(outcome.simplest.steps)
            same += found.ended == WHOLE and kind_of(found) == outcome.kind
        outcome.again = same
        if not outcome.is_flaky and not self.exploration.is_never_right:
            outcome.pairs = yield from deciding_pairs(outcome.simplest, lambda found: not is_right(found))
            outcome.explained = True

    def _tally(self, so_far: bool = False) -> None:
        """Count the orders that the executions of the search stand for, and say what the wrong ones race for."""
        found = self.exploration
        if isinstance(self._search, OptimalSearch):
            orders = self._search.orders
            found.contested, found.racing = orders.contested, orders.racing
            counts = orders.so_far() if so_far else orders.counts()
            if counts is not None:
                found.count_orders(self._kinds, counts)
            else:
                found.orders = None
        for outcome in found.wrong[:EXPLAINED_KINDS]:
            if outcome.simplest is not self._raced.get(outcome.kind):
                self._raced[outcome.kind] = outcome.simplest
                found.racing |= Order(outcome.simplest).racing()
