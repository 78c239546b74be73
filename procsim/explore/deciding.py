"""Finds the pair of steps whose order makes an execution wrong: with them the other way round, it is right.

Runs nothing itself, like `shrink`. No pair is named for which the other order was not run.
"""

from collections.abc import Callable, Generator
from typing import NamedTuple

from procsim.explore.optimal import other_way_round
from procsim.explore.order import Order, Race
from procsim.explore.plans import Wished
from procsim.explore.schedule import Execution, Operation, Plan, Step

MOST_PAIRS = 2
"""Three and more pairs that decide together are not looked for."""

MOST_EXECUTIONS = 60
"""So many are asked for, where nothing else is said."""


class Pair(NamedTuple):
    """Two operations: a step, and what another thread did after it, or was blocked in."""

    earlier: Step
    thread: str
    later: Operation


def deciding_pairs(
    execution: Execution, wrong: Callable[[Execution], bool], most: int = MOST_EXECUTIONS
) -> Generator[Plan, Execution, list[tuple[Pair, ...]]]:
    """Every single pair whose other order is right; where there is none, the first two pairs that do it together.

    The second of two is a pair of the execution in which the first was the other way round. Empty: neither. `most`: so
    many executions are asked for.
    """
    level: list[tuple[tuple[Pair, ...], Execution]] = [((), execution)]
    for _round in range(MOST_PAIRS):
        found: list[tuple[Pair, ...]] = []
        following: list[tuple[tuple[Pair, ...], Execution]] = []
        for pairs, before in level:
            order = Order(before)
            for race in order.races:
                if not most:
                    return found
                most -= 1
                after = yield _other_order(order, race)
                if not _changed_places(order, race, after):
                    continue  # it was blocked there
                named = (*pairs, Pair(before.steps[race.earlier], race.thread, race.operation))
                if wrong(after):
                    following.append((named, after))
                    continue
                found.append(named)
                if pairs:
                    return found
        if found:
            return found
        level = following
    return []


def _other_order(order: Order, race: Race) -> Plan:
    """A plan with one race the other way round, all else as it was."""
    threads = [step.thread for step in order.steps]
    before = threads[: race.earlier]
    first = [thread for thread, _operation in other_way_round(order, race)]
    after = [
        thread
        for position, thread in enumerate(threads)
        if position >= race.earlier and order.follows(race.earlier, position) and position != race.later
    ]
    return Wished([*before, *first, *after])


def _changed_places(order: Order, race: Race, after: Execution) -> bool:
    """Whether the two steps of a race have come the other way round in that execution.

    They are known by their numbers among those of their threads: who wishes what cannot be yet is passed over.
    """
    threads = [step.thread for step in order.steps]
    others = threads[race.earlier]
    number = threads[: race.earlier].count(others)
    later = threads[: race.later].count(race.thread)
    came = [position for position, step in enumerate(after.steps) if step.thread == race.thread][later : later + 1]
    went = [position for position, step in enumerate(after.steps) if step.thread == others][number : number + 1]
    return bool(came) and (not went or came < went)
