"""What brute force finds, with dependence and traces computed apart from the searches that are compared with it."""

from collections.abc import Sequence

from procsim.explore.schedule import Execution, Step
from procsim.explore.tree import Branch, Node, TreeSearch
from tests.exploring.model import ModelExecutor, Program

COMMUTE = {("read", "read"), ("arrive", "arrive"), ("pass", "pass"), ("join", "join")}

Trace = tuple[tuple[int, str, str], ...]


class BruteForce(TreeSearch):
    """Every order."""

    def _extend(self, path: list[Node], execution: Execution, new: int) -> None:
        for node in path[new:]:
            for thread in sorted(node.enabled):
                if node.branch(thread) is None:
                    node.add(Branch(thread, node.pending[thread]))


def run_all(search: TreeSearch, executor: ModelExecutor, most: int | None = None) -> list[Execution]:
    """Run a search to its end, or for so many executions."""
    out = 0
    while most is None or len(executor.executions) < most:
        while out < executor.places and (plan := search.next_plan()) is not None:
            executor.begin(plan)
            out += 1
        if not out:
            break
        search.record(*executor.done())
        out -= 1
    return executor.executions


def foata(steps: Sequence[Step]) -> Trace:
    """The Foata normal form: two executions have the same one if and only if they are of the same trace.

    Source: Cartier and Foata, "Problèmes combinatoires de commutation et réarrangements", 1969.
    """
    form: list[tuple[int, str, str]] = []
    of_thread: dict[str, int] = {}
    of_object: dict[str, dict[str, int]] = {}
    for step in steps:
        met = [of_thread.get(step.thread, 0)]
        for touch in step.operation.touches:
            levels = of_object.get(touch.object, {})
            met += [level for other, level in levels.items() if (touch.mode, other) not in COMMUTE]
        level = 1 + max(met)
        of_thread[step.thread] = level
        for touch in step.operation.touches:
            modes = of_object.setdefault(touch.object, {})
            modes[touch.mode] = max(level, modes.get(touch.mode, 0))
            if touch.mode == "start":
                of_thread[touch.object] = level
        form.append((level, step.thread, str(step.operation.touches)))
    return tuple(sorted(form))


def preemptions(execution: Execution) -> int:
    """How often a thread was left that could have gone on and had not given up, counted apart from `shrink`."""
    pairs = zip(execution.steps, execution.steps[1:], strict=False)
    return sum(one.thread != other.thread and one.thread in other.enabled and not one.gave_up for one, other in pairs)


class Reference:
    """All orders of a program, if they are not too many."""

    def __init__(self, program: Program, most: int = 2000) -> None:
        executor = ModelExecutor(program)
        self.executions = run_all(BruteForce(), executor, most + 1)
        self.small = len(self.executions) <= most
        self.finals: dict[object, int] = {}
        """Each state at the end, and the fewest preemptions that lead to it."""
        self.traces: dict[Trace, int] = {}
        """Each trace, and the fewest preemptions of its orders."""
        if not self.small:
            return
        assert len({tuple(each.threads) for each in self.executions}) == len(self.executions)
        final_of: dict[Trace, object] = {}
        for each in self.executions:
            trace, count = foata(each.steps), preemptions(each)
            self.finals[each.final] = min(count, self.finals.get(each.final, count))
            self.traces[trace] = min(count, self.traces.get(trace, count))
            assert final_of.setdefault(trace, each.final) == each.final, "dependent steps are taken to be independent"
