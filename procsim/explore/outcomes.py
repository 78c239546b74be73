"""What is known of a program after some of its executions: the kinds of outcome, how often each, the simplest of each.

An `Exploration` is filled in while it goes on: so what is known so far can be shown at any time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from procsim.explore.deciding import Pair
from procsim.explore.schedule import (
    FINDING,
    HANG,
    LIMIT,
    STOPPED,
    WHOLE,
    Diverged,
    Execution,
    Fault,
    Operation,
    Uncontrolled,
)
from procsim.explore.shrink import cost

Kind = frozenset[tuple[str, ...]]
"""What executions have in common that went wrong in the same way; empty for those that are right."""

AGAIN = 3
"""So often is a wrong execution run again before it is shown."""


def kind_of(execution: Execution) -> Kind:
    """Of which kind its outcome is. A hang is told by what its threads are blocked in, not by who they are.

    A finding tells a kind only where nothing else is wrong: with a claim that is broken, say, it is a cause of that.
    """
    others = [fault for fault in execution.faults if fault.what != FINDING]
    kind = {fault.kind for fault in others or execution.faults}
    if any(fault.what == HANG for fault in execution.faults):
        kind |= {(HANG, operation.kind, operation.at) for operation in execution.blocked.values()}
    return frozenset(kind)


def is_right(execution: Execution) -> bool:
    """Whether it came to its end, and nothing was wrong."""
    return execution.ended == WHOLE and not execution.faults


@dataclass
class Outcome:
    """One kind of outcome."""

    kind: Kind
    simplest: Execution
    """The simplest way to it that is known."""
    first: int
    """The number of the execution in which it was found, from 1."""
    tried: int = 0
    """How many executions of the search, each of which stands for orders of its own, had it."""
    sampled: int = 0
    """How many of those at random."""
    orders: int | None = None
    """How many orders the former stand for; None: they were not counted."""
    again: int | None = None
    """How many of AGAIN times the simplest way led to it again; None: it was not run again."""
    pairs: list[tuple[Pair, ...]] = field(default_factory=list)
    """The pairs of steps whose order decides, any one of these; a tuple of two decides together."""
    explained: bool = False
    """Whether these were looked for, to the end."""

    @property
    def is_wrong(self) -> bool:
        return bool(self.kind)

    @property
    def is_flaky(self) -> bool:
        """Whether the same order of steps did not lead to it each time."""
        return self.again is not None and self.again < AGAIN

    @property
    def executions(self) -> int:
        return self.tried + self.sampled

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong, in the simplest way to it."""
        return self.simplest.faults


@dataclass
class Exploration:
    """What is known of a program."""

    bound: int | None = None
    """Only orders with at most so many preemptions were to be tried; None: all."""
    seed: int = 0
    """Of the orders at random."""
    outcomes: dict[Kind, Outcome] = field(default_factory=dict)
    executions: int = 0
    """Of the search and at random, those that did not come to their end, too; not those that explain the others."""
    explaining: int = 0
    """Those that made others simpler, ran them again, or looked for the pair that decides."""
    sampled: int = 0
    """How many of `executions` were at random."""
    open: int = 0
    """How many branches of the tree of executions are known that were not tried."""
    searched: bool = False
    """Whether the search came to its end, and no execution was cut off: all that it looks for was tried."""
    cut: bool = False
    """Whether the bound excluded anything."""
    limited: int = 0
    """How many executions reached the limit of steps."""
    orders: int | None = None
    """How many orders those of the search so far stand for; None: they were not counted."""
    contested: dict[str, str] = field(default_factory=dict)
    """The objects that threads race for, and how people call them: `orders` are those of the steps at these."""
    racing: set[tuple[str, Operation]] = field(default_factory=set)
    """What threads do whose order can differ, as far as it is known."""
    uncontrolled: dict[Uncontrolled, int] = field(default_factory=dict)
    """What the gate did not control, and in how many executions."""
    diverged: list[Diverged] = field(default_factory=list)
    """Where the program did not do what it did before, although its threads moved in the same order."""
    stopped: Fault | None = None
    """What was not allowed: then nothing more was run."""
    interrupted: bool = False
    """Whether people ended it."""
    latest: Execution | None = None
    """Of the search and at random, the one that ended last."""
    longest: int = 0
    """Steps of the longest execution."""
    seconds: float = 0.0

    @property
    def tried_all(self) -> bool:
        """Whether all orders were tried: nothing was left out by a bound, a budget, a limit, or by differing."""
        return self.searched and not self.cut and not self.diverged and not self.interrupted

    @property
    def is_never_right(self) -> bool:
        """Whether all orders were tried, and each of them goes wrong."""
        return self.tried_all and self.right is None

    @property
    def is_right(self) -> bool:
        """Whether all orders are known to be right: they were tried, and nothing between processes was uncontrolled."""
        between = any(each.between for each in self.uncontrolled)
        return self.tried_all and not self.wrong and not between

    @property
    def wrong(self) -> list[Outcome]:
        """The kinds that are wrong, the most common first."""
        kinds = [outcome for outcome in self.outcomes.values() if outcome.is_wrong]
        return sorted(kinds, key=lambda outcome: (-outcome.executions, outcome.first))

    @property
    def right(self) -> Outcome | None:
        """Those that are right; None: there was none."""
        return self.outcomes.get(frozenset())

    def take(self, execution: Execution, at_random: bool) -> None:
        """Count an execution in."""
        self.latest = execution
        self.executions += 1
        self.sampled += at_random
        self.longest = max(self.longest, len(execution.steps))
        self.note(execution)
        if execution.ended == STOPPED:
            self.stopped = self.stopped or next(iter(execution.faults), Fault(STOPPED))
        self.limited += execution.ended == LIMIT
        if execution.ended != WHOLE and (execution.ended != LIMIT or not execution.faults):
            return
        kind = kind_of(execution)
        outcome = self.outcomes.setdefault(kind, Outcome(kind, execution, self.executions))
        outcome.tried += not at_random
        outcome.sampled += at_random
        if cost(execution) < cost(outcome.simplest):
            outcome.simplest = execution

    def note(self, execution: Execution) -> None:
        """Keep what was not controlled in an execution, and where it differed."""
        for each in set(execution.uncontrolled):
            self.uncontrolled[each] = self.uncontrolled.get(each, 0) + 1
        if execution.diverged is not None:
            self.diverged.append(execution.diverged)

    def count_orders(self, kinds: Iterable[Kind], counts: Iterable[int]) -> None:
        """Say how many orders there are of each kind. `kinds`, `counts`: of each execution of the search."""
        for outcome in self.outcomes.values():
            outcome.orders = 0
        self.orders = 0
        for kind, count in zip(kinds, counts, strict=False):  # Ctrl-C may have come before the last kind was known
            self.orders += count
            outcome = self.outcomes[kind]
            outcome.orders = (outcome.orders or 0) + count
