"""The tree of a program's executions, of which a search tries those branches that it needs. It runs nothing itself.

    search: next_plan ──► an executor runs it ──► record: the branches that are to be tried for what it showed

Several plans may be out at once, and their executions come back in any order. At first most of those are
tried that leave the paths before at the earliest step: these differ most, and a deadlock that needs a switch in each of
many threads is found sooner. From `WIDE_NODES` on, all are made depth first, so that what is kept stays small.
"""

from collections.abc import Iterator, Mapping

from procsim.explore.fairness import Fairness
from procsim.explore.plans import Begun
from procsim.explore.schedule import (
    ASLEEP,
    DIVERGED,
    WHOLE,
    Execution,
    Operation,
    Plan,
    Step,
    asked,
    preempts,
    still_asleep,
)

WIDE_NODES = 10_000
"""So many states are kept before plans are made depth first: about 15 MB."""

FIRST_DEEP, DEEP_EVERY = 4, 4
"""The first plans are made depth first, and then each of so many: other faults are found sooner so."""

RETRIES = 2
"""A system under load may let a program do by chance what it never does again."""


class Branch:
    """A thread that is moved, or to be moved, from some state, and what is to follow."""

    __slots__ = ("node", "operation", "out", "retries", "then", "thread", "tried")

    def __init__(self, thread: str, operation: Operation) -> None:
        self.thread, self.operation = thread, operation
        self.then: list[Branch] = []
        """In the order in which they are tried; empty while nothing but the rule of a plan says what follows."""
        self.node: Node | None = None
        """The state after it; None: it is not known yet, or the execution ended there, or all below has been tried."""
        self.tried = False
        """Whether a plan was made for it."""
        self.out = False
        """Whether what came of that plan is not known yet."""
        self.retries = RETRIES
        """How often it may be tried again if the program does not do what it did before."""

    def way(self) -> Iterator[str]:
        """The threads of the first way that begins with it."""
        branch: Branch | None = self
        while branch is not None:
            yield branch.thread
            branch = branch.then[0] if branch.then else None


class Node:
    """A state of the program on a path of the tree."""

    __slots__ = (
        "before",
        "branches",
        "depth",
        "enabled",
        "finished",
        "parent",
        "pending",
        "preemptions",
        "sleep",
        "untried",
    )

    def __init__(
        self,
        parent: "Node | None",
        before: Step | None,
        here: Step,
        sleep: Mapping[str, Operation],
        branches: list[Branch],
    ) -> None:
        """`before`: the step that led here; `here`: the one that was taken from here."""
        self.parent, self.before = parent, before
        self.enabled, self.pending = here.enabled, here.pending
        self.sleep = sleep
        """Who sleeps here, and is about to do what."""
        self.branches = branches
        """In the order in which they are tried."""
        self.finished = 0
        """So many of the first branches have nothing open below them."""
        self.untried = 0
        """How many branches here and below are to be tried."""
        self.depth, self.preemptions = 0, 0
        if parent is not None and before is not None:
            self.depth = parent.depth + 1
            self.preemptions = parent.preemptions + parent.costs(before.thread)

    def costs(self, thread: str) -> bool:
        """Whether it would be a preemption to move this thread from here."""
        return preempts(self.enabled, self.before, thread)

    def branch(self, thread: str) -> Branch | None:
        """The branch in which this thread is moved."""
        return next((branch for branch in self.branches if branch.thread == thread), None)

    def path(self) -> "list[Node]":
        """The nodes from the first one to this one."""
        path, node = [self], self.parent
        while node is not None:
            path.append(node)
            node = node.parent
        return path[::-1]

    def add(self, branch: Branch) -> None:
        """Have this branch tried, some time."""
        self.branches.append(branch)
        self.count(1)

    def count(self, more: int) -> None:
        """So many more branches are to be tried here."""
        node: Node | None = self
        while node is not None:
            node.untried += more
            node = node.parent


class TreeSearch:
    """Which branches are tried, a subclass says (`_extend`)."""

    sleeps = False
    """Whether those threads sleep in a branch that were moved from the same state before."""

    bound: int | None = None
    """With at most so many preemptions; None: with any number."""

    fairness: type[Fairness] = Fairness
    """How it is found who lets others go first."""

    def __init__(self) -> None:
        self._root: Node | None = None
        self._started = False
        self._out: dict[Plan, tuple[Node | None, Branch | None, Mapping[str, Operation]]] = {}
        """For each plan that is out, the node and the branch that it tries, and who sleeps there."""
        self._again: list[tuple[Node, Branch, Mapping[str, Operation]]] = []
        """What is tried once more, since the program did not do what it did before."""
        self._nodes_made = self._plans = 0
        self.lost = 0
        """How many executions did not come to their end, so that it is not known what follows."""

    @property
    def open(self) -> int:
        """How many branches are known that are still to be tried, without those that are out."""
        return self._root.untried if self._root is not None else int(not self._started)

    @property
    def complete(self) -> bool:
        """Whether all that this search looks for was tried."""
        return not self.open and not self._out and not self._again and not self.lost

    def next_plan(self) -> Plan | None:
        """The next plan. None: nothing is open; but what comes of the plans that are out may change that."""
        if self._root is None:
            if self._started:
                return None
            self._started = True
            return self._sent(Begun(fairness=self.fairness), None, None, {})
        if self._again:
            node, branch, sleep = self._again.pop()
            return self._sent(Begun(_steps_to(node), branch.way(), sleep, self.fairness), node, branch, sleep)
        if not self._root.untried:
            return None
        self._plans += 1
        wide = self._plans > FIRST_DEEP and self._plans % DEEP_EVERY and self._nodes_made < WIDE_NODES
        node, branch = _nearest_untried(self._root) if wide else self._first_untried(self._root)
        asleep = {each.thread: each.operation for each in node.branches if each.tried}
        sleep = {**node.sleep, **asleep} if self.sleeps else {}
        branch.tried = branch.out = True
        node.count(-1)
        return self._sent(Begun(_steps_to(node), branch.way(), sleep, self.fairness), node, branch, sleep)

    def _sent(self, plan: Plan, node: Node | None, branch: Branch | None, sleep: Mapping[str, Operation]) -> Plan:
        self._out[plan] = node, branch, sleep
        return plan

    def _first_untried(self, node: Node) -> tuple[Node, Branch]:
        """Depth first, the earliest branch first."""
        while True:
            for branch in node.branches[node.finished :]:
                if not branch.tried:
                    return node, branch
                if branch.node is not None and branch.node.untried:
                    node = branch.node
                    break

    def record(self, plan: Plan, execution: Execution) -> None:
        """Take in what came of a plan, and note which branches it shows to be worth trying."""
        node, branch, sleep = self._out.pop(plan)
        if execution.ended == DIVERGED and node is not None and branch is not None and branch.retries:
            branch.retries -= 1
            self._again.append((node, branch, sleep))
            return
        if execution.ended not in (WHOLE, ASLEEP) or (isinstance(plan, Begun) and plan.is_cut):
            self.lost += 1
        if branch is not None:
            branch.out = False
        if execution.ended != DIVERGED:
            path = node.path() if node is not None else []
            new = len(path)
            self._grow(path, execution, branch, sleep)
            self._extend(path, execution, new)
        self._finish()

    def _grow(
        self, path: list[Node], execution: Execution, branch: Branch | None, sleep: Mapping[str, Operation]
    ) -> None:
        """Add the nodes that an execution has made known: those after the branch that it tried."""
        for position in range(len(path), len(execution.steps)):
            before = execution.steps[position - 1] if position else None
            here = execution.steps[position]
            sleep = still_asleep(sleep, before) if before is not None else sleep
            node = Node(path[-1] if path else None, before, here, sleep, branch.then if branch is not None else [])
            self._nodes_made += 1
            if branch is None:
                self._root = node
            else:
                branch.node = node
            branch = node.branch(here.thread)
            if branch is None:  # there was no way to follow, or its thread could not move
                branch = Branch(here.thread, asked(execution.steps, position))
                node.branches.insert(0, branch)
            branch.tried = True
            node.count(sum(not each.tried for each in node.branches))
            path.append(node)

    def _extend(self, path: list[Node], execution: Execution, new: int) -> None:
        """Note what is to be tried. `path`: the node before each step; those from `new` on were not known before."""
        raise NotImplementedError

    def _finish(self) -> None:
        """Forget what lies below those branches that are finished, and come before all that are not."""
        above: list[Node] = []
        node = self._root
        while node is not None:
            if node.finished == len(node.branches):
                if not above:
                    return
                node = above.pop()
                node.branches[node.finished].node = None
                continue
            branch = node.branches[node.finished]
            if not branch.tried or branch.out:
                return
            if branch.node is not None:
                above.append(node)
                node = branch.node
            else:
                branch.then = []
                node.finished += 1


def _nearest_untried(root: Node) -> tuple[Node, Branch]:
    """The branch that leaves a known path at the earliest step; of several, the first."""
    level = [root]
    while True:
        for node in level:
            for branch in node.branches:
                if not branch.tried:
                    return node, branch
        below = (branch.node for node in level for branch in node.branches)
        level = [node for node in below if node is not None and node.untried]


def _steps_to(node: Node) -> list[Step]:
    """The steps from the beginning to this state."""
    return [each.before for each in node.path() if each.before is not None]
