"""Makes a wrong execution easier to read: the fewest preemptions, then the fewest steps, then the fewest switches.

Runs nothing itself: `shrunk` yields plans, is sent what came of each, and returns the simplest execution.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice, pairwise, permutations

from procsim.explore.order import Order
from procsim.explore.plans import Wished
from procsim.explore.schedule import WHOLE, Execution, Plan, preempts

MOST_EXECUTIONS = 60
"""So many are asked for, where nothing else is said."""

MOST_TURNS = 120
"""In so many ways the threads of a trace take turns, to find the simplest."""


def preemptions(execution: Execution) -> int:
    """How often a thread was left that could have gone on."""
    steps = execution.steps
    return sum(
        preempts(steps[position].enabled, steps[position - 1], steps[position].thread)
        for position in range(1, len(steps))
    )


def cost(execution: Execution) -> tuple[int, int, int]:
    """How hard its order is to read: preemptions, steps, switches."""
    threads = execution.threads
    return preemptions(execution), len(threads), switches(threads)


def switches(threads: Sequence[str]) -> int:
    """How often another thread takes the next step."""
    return sum(one != other for one, other in pairwise(threads))


def shrunk(
    execution: Execution, same: Callable[[Execution], bool], most: int = MOST_EXECUTIONS
) -> Generator[Plan, Execution, Execution]:
    """A simpler execution for which `same` holds, or the one given.

    First come other orders of the same trace, which need not be run to know what comes of them. Then the steps that a
    thread takes in a row are moved together to others of the same thread, to the beginning or to the end. The answer
    is such that no single move of this sort makes it simpler; it need not be the simplest there is. `most`: so many
    executions are asked for.
    """
    tried = {tuple(execution.threads)}
    improved = True
    while improved:
        improved = False
        for threads in _candidates(execution):
            if tuple(threads) in tried:
                continue
            if not most:
                return execution
            most -= 1
            found = yield Wished(threads)
            tried |= {tuple(threads), tuple(found.threads)}
            if found.ended == WHOLE and same(found) and cost(found) < cost(execution):
                execution, improved = found, True
                break
    return execution


def _candidates(execution: Execution) -> Iterator[list[str]]:
    """The threads in other orders: the simplest of the same trace, then those of others."""
    order = Order(execution)
    threads = list(dict.fromkeys(execution.threads))
    turns = islice(permutations(threads), MOST_TURNS)
    simplest = min((order.in_long_turns(first) for first in turns), key=switches)
    if switches(simplest) < switches(execution.threads):
        yield simplest
    yield from (moved for moved in _moved(execution) if not order.allows(moved))


def _moved(execution: Execution) -> Iterator[list[str]]:
    """The threads in other orders: one block is moved at a time, to the nearest place first."""
    blocks = _blocks(execution)
    for number, (thread, _length) in enumerate(blocks):
        others = blocks[:number] + blocks[number + 1 :]
        places = {0, len(others)}
        for place, (other, _its) in enumerate(others):
            if other == thread:
                places |= {place, place + 1}
        for place in sorted(places - {number}, key=lambda place: (abs(place - number), place)):
            order = [*others[:place], blocks[number], *others[place:]]
            yield [name for name, length in order for _ in range(length)]


def _blocks(execution: Execution) -> list[tuple[str, int]]:
    """The threads, each with how many steps it takes in a row."""
    blocks: list[tuple[str, int]] = []
    for thread in execution.threads:
        if blocks and blocks[-1][0] == thread:
            blocks[-1] = thread, blocks[-1][1] + 1
        else:
            blocks.append((thread, 1))
    return blocks
