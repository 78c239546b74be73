"""Every trace that some order with at most so many preemptions has.

A preemption is a switch away from a thread that could have gone on. For every thread's next operation at every state,
blocked or not, and for each other thread's last step that it depends on: the thread is tried before that step, and,
because there it may cost a preemption, also at the last switch before it.

No thread sleeps here: an execution that is not run for that may be the only one of its trace within the bound. And a
release is not passed over as in `order`: where it stands decides what is a preemption.

Source: Coons, Musuvathi and McKinley, "Bounded partial-order reduction", OOPSLA 2013, and its proofs.
"""

from collections.abc import Sequence

from procsim.explore.fairness import GaveUp
from procsim.explore.schedule import Execution, Operation, Step, dependent
from procsim.explore.tree import Branch, Node, TreeSearch


class BoundedSearch(TreeSearch):
    """See above. It needs many more executions than `OptimalSearch` where much blocks."""

    fairness = GaveUp

    def __init__(self, bound: int) -> None:
        super().__init__()
        self.bound: int = bound
        self.cut = False
        """Whether the bound has excluded anything."""

    def _extend(self, path: list[Node], execution: Execution, new: int) -> None:
        steps = execution.steps
        switches = _switches(steps)
        for position in range(max(new, 1), len(steps) + 1):
            pending = steps[position].pending if position < len(steps) else execution.blocked
            last = steps[position - 1]
            for thread, operation in (*pending.items(), *last.ended.items()):
                # What its operation depends on among the steps before was seen from the state before already.
                fresh = thread == last.thread or thread not in last.pending
                for earlier in _last_dependent(steps[:position], thread, operation, fresh):
                    for node in (path[earlier], path[switches[earlier]]):
                        for other in [thread] if thread in node.enabled else sorted(node.enabled):
                            self._want(node, other)

    def _want(self, node: Node, thread: str) -> None:
        """Try to move this thread from the node, if the bound allows it."""
        if node.branch(thread) is not None:
            return
        if node.preemptions + node.costs(thread) > self.bound:
            self.cut = True
        else:
            node.add(Branch(thread, node.pending[thread]))


def _switches(steps: Sequence[Step]) -> list[int]:
    """For each step, the position of the last step that another thread took than the one before it."""
    switches: list[int] = []
    switch = 0
    for position, step in enumerate(steps):
        switches.append(switch)
        if position and step.thread != steps[position - 1].thread:
            switch = position
    return switches


def _last_dependent(steps: Sequence[Step], thread: str, operation: Operation, fresh: bool) -> list[int]:
    """The last step of each other thread that the operation depends on. Not `fresh`: only the very last step is new."""
    found: list[int] = []
    seen = {thread}
    for position in range(len(steps) - 1, -1 if fresh else len(steps) - 2, -1):
        step = steps[position]
        if step.thread not in seen and dependent(step.operation.touches, operation.touches):
            seen.add(step.thread)
            found.append(position)
    return found
