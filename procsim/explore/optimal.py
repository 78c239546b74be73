"""One execution for each trace: for all orders that differ only in steps that do not depend on each other.

Where two steps of an execution race, the order in which the later one comes first is to be tried, too: those steps that
do not happen after the earlier one, and then the later. These ways are kept as a tree (a wake-up tree). One is added
only if neither a thread that sleeps nor a way that is there already leads to the same trace. So no execution is begun
in vain, which would cost as much as one that is not.

Source: Abdulla, Aronis, Jonsson and Sagonas, "Optimal dynamic partial order reduction", POPL 2014, algorithm 2, and
"Source sets: a foundation for optimal dynamic partial order reduction", JACM 2017. Three things are added: operations
that block (`order`), several plans that are out at once, and ways that are left where a thread cannot move.
"""

from collections.abc import Sequence
from itertools import takewhile

from procsim.explore.counting import Orders
from procsim.explore.order import Order, Race
from procsim.explore.schedule import START, WHOLE, Execution, Operation, Touch, asked, dependent
from procsim.explore.tree import Branch, Node, TreeSearch

_Sequence = Sequence[tuple[str, Operation]]
"""Threads, and what each of them does."""


class OptimalSearch(TreeSearch):
    """Every trace, once."""

    sleeps = True

    def __init__(self) -> None:
        super().__init__()
        self.orders = Orders()
        """The orders that the executions so far stand for."""

    def _extend(self, path: list[Node], execution: Execution, new: int) -> None:
        order = Order(execution)
        if execution.ended == WHOLE:
            self.orders.add(order)
        for race in filter(order.may_change, order.races):
            self._add(path[race.earlier], order.steps[race.earlier].thread, other_way_round(order, race))

    def _add(self, node: Node, moved: str, rest: _Sequence) -> None:
        """Try these threads in this order from the node, unless something there leads to the same trace.

        `moved`: the thread that was moved from there in the execution that shows them. Those that were moved before it
        sleep in it. What was moved later may be under way: there, they are added.
        """
        earlier = takewhile(lambda branch: branch.thread != moved, node.branches)
        asleep = [*node.sleep.items(), *((branch.thread, branch.operation) for branch in earlier)]
        if any(comes_first(thread, operation, rest) for thread, operation in asleep):
            return
        live: Node | None = node
        branches = node.branches
        while rest:
            for branch in branches:
                if comes_first(branch.thread, branch.operation, rest):
                    break
            else:
                chain = _chain(rest)
                if live is not None:
                    live.add(chain)
                else:
                    branches.append(chain)
                return
            if branch.node is None and not branch.then:
                return  # what follows it is found from there
            rest = without(branch.thread, rest)
            branches, live = (branch.then, None) if branch.node is None else (branch.node.branches, branch.node)


def other_way_round(order: Order, race: Race) -> _Sequence:
    """What is to follow the state before the earlier step so that the later operation comes first."""
    rest = [
        (step.thread, asked(order.steps, position))
        for position, step in enumerate(order.steps[race.earlier + 1 :], race.earlier + 1)
        if not order.follows(race.earlier, position)
    ]
    is_blocked = race.later == len(order.steps)
    return [*rest, (race.thread, race.operation if is_blocked else asked(order.steps, race.later))]


def comes_first(thread: str, operation: Operation, rest: _Sequence) -> bool:
    """Whether this operation could come before all of the others, and the same would follow (a weak initial)."""
    for other, its in rest:
        if other == thread:
            return True
        if dependent(operation.touches, its.touches) or Touch(thread, START) in its.touches:
            return False
    return True


def without(thread: str, rest: _Sequence) -> _Sequence:
    """The sequence without the first operation of that thread."""
    for number, (other, _its) in enumerate(rest):
        if other == thread:
            return [*rest[:number], *rest[number + 1 :]]
    return rest


def _chain(rest: _Sequence) -> Branch:
    """The sequence as one way."""
    first = last = Branch(*rest[0])
    for thread, operation in rest[1:]:
        following = Branch(thread, operation)
        last.then.append(following)
        last = following
    return first
