"""Orders at random, for a program that has more than can be tried. These searches never end.

Each plan has a random generator of its own, made from the seed and its number: the same seed gives the same orders,
also if several executions go on at once.

Sources: Thomson, Donaldson and Betts, "Concurrency testing using controlled schedulers", TOPC 2016 (that a random walk
finds most faults); Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with probabilistic
guarantees of finding bugs", ASPLOS 2010 (PCT).
"""

from collections.abc import Set
from random import Random

from procsim.explore.fairness import Fairness
from procsim.explore.schedule import Execution, Plan, Step

DEPTH = 3
"""How many steps must come in a certain order for most faults to show."""


class RandomWalk:
    """At every step, each thread that can move is equally likely, but for who lets others go first."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._fairness = Fairness()

    def choose(self, position: int, enabled: Set[str], previous: str | None) -> str | None:
        """As in `Plan`."""
        return self._random.choice(self._fairness.able(enabled))

    def saw(self, position: int, step: Step) -> None:
        """As in `Plan`."""
        self._fairness.saw(step)


class Priorities:
    """The thread with the highest random priority moves. At DEPTH - 1 random steps, that of who moves falls lowest.

    A fault of that depth is found with a probability of at least 1 / (n * k ** (DEPTH - 1)), for n threads and k steps.
    """

    def __init__(self, random: Random, steps: int) -> None:
        """`steps`: about how many an execution has."""
        self._random = random
        self._priority: dict[str, float] = {}
        self._falls = {random.randrange(max(steps, 1)): float(-number) for number in range(1, DEPTH)}
        self._fairness = Fairness()

    def choose(self, position: int, enabled: Set[str], previous: str | None) -> str | None:
        """As in `Plan`."""
        for thread in sorted(enabled):
            self._priority.setdefault(thread, self._random.random())
        able = self._fairness.able(enabled)
        thread = max(able, key=self._priority.__getitem__)
        if position in self._falls:
            self._priority[thread] = self._falls.pop(position)
            thread = max(able, key=self._priority.__getitem__)
        return thread

    def saw(self, position: int, step: Step) -> None:
        """As in `Plan`."""
        self._fairness.saw(step)


class InTurn:
    """A random walk and random priorities, in turn: each finds faults that the other hardly finds."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._number = 0
        self._longest = 1
        """The steps of the longest execution so far."""

    def next_plan(self) -> Plan:
        """The next plan; there is always one."""
        random = Random(f"{self._seed} {self._number}")
        self._number += 1
        return RandomWalk(random) if self._number % 2 else Priorities(random, self._longest)

    def record(self, plan: Plan, execution: Execution) -> None:
        """Take in what came of a plan."""
        self._longest = max(self._longest, len(execution.steps))
