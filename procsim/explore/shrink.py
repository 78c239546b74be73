"""Makes a wrong execution easier to read: the fewest preemptions, then the fewest steps, then the fewest switches.

Runs nothing itself: `shrunk` yields plans, is sent what came of each, and returns the simplest execution.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice, pairwise, permutations

from procsim.explore.order import Order
from procsim.explore.plans import Wished
from procsim.explore.schedule import JOIN, PASS, START, WHOLE, Execution, Plan, Step, preempts

MOST_EXECUTIONS = 60
"""So many are asked for, where nothing else is said."""

_WAITS_FOR_ALL = frozenset({JOIN, PASS})
"""Who uses an object so can do so once all others have, and from then on."""

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

    First comes the order of the same trace that has the fewest switches: what comes of it is known before it is run.
    Then the steps that a thread takes in a row are moved together to others of the same thread, to the beginning or to
    the end; but not if that is only an order of the same trace with more switches, or cannot be. The answer is such
    that no single move of this sort makes it simpler; it need not be the simplest there is. `most`: so many executions
    are asked for.
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
    for moved in _moved(execution):
        few = switches(moved) <= switches(execution.threads)
        if _is_possible(execution, moved) and (few or not order.allows(moved)):
            yield moved


def _is_possible(execution: Execution, threads: Sequence[str]) -> bool:
    """Whether no thread would move before it is started, join before the end, or pass before all have come."""
    taken = dict.fromkeys(threads, 0)
    steps = {thread: [step for step in execution.steps if step.thread == thread] for thread in taken}
    had = _given(execution.steps)
    waits = {touch.object for step in execution.steps for touch in step.operation.touches if touch.mode == START}
    gave: Counter[str] = Counter()
    for thread in threads:
        step = steps[thread][taken[thread]]
        if thread in waits or any(gave[name] < count for name, count in had[thread][taken[thread]]):
            return False
        taken[thread] += 1
        for touch in step.operation.touches:
            if touch.mode == START:
                waits.discard(touch.object)
            gave[touch.object] += touch.mode not in _WAITS_FOR_ALL
    return True


def _given(steps: Sequence[Step]) -> dict[str, list[list[tuple[str, int]]]]:
    """For each step of each thread: the objects that it waits for, and how often others had used them then."""
    given: dict[str, list[list[tuple[str, int]]]] = {}
    gave: Counter[str] = Counter()
    for step in steps:
        touches = step.operation.touches
        waits = [(touch.object, gave[touch.object]) for touch in touches if touch.mode in _WAITS_FOR_ALL]
        given.setdefault(step.thread, []).append(waits)
        gave.update(touch.object for touch in touches if touch.mode not in _WAITS_FOR_ALL)
    return given


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
