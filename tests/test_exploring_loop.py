"""The explorer's loop: kinds of outcome, budgets, the simplest way, the pair that decides, what it may not claim."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from procsim.explore.explorer import Budget, Explorer
from procsim.explore.outcomes import AGAIN, Exploration, Outcome, kind_of
from procsim.explore.schedule import (
    CLAIM,
    ENDLESS,
    FINDING,
    FORBIDDEN,
    LIMIT,
    STOPPED,
    Execution,
    Fault,
    Plan,
    Uncontrolled,
)
from procsim.explore.shrink import preemptions
from tests.exploring.model import ModelExecutor, Op, Program, execute
from tests.exploring.named import (
    ab_ba,
    bounded_buffer,
    lost_wakeup,
    philosophers,
    tickets,
    tickets_emptied,
    two_races,
)
from tests.exploring.reference import Reference

NO_LIMIT = Budget(seconds=None)


def explored(
    program: Program,
    budget: Budget = NO_LIMIT,
    bound: int | None = None,
    places: int = 2,
    changed: Callable[[Execution], Execution] = lambda execution: execution,
) -> Exploration:
    executor = ModelExecutor(program, places, Random(3).randrange, changed)
    return Explorer(executor, lambda: 0.0, budget, bound).run()


def only_wrong(exploration: Exploration) -> Outcome:
    (outcome,) = exploration.wrong
    return outcome


def test_the_ticket_office_without_a_lock() -> None:
    found = explored(tickets(2))
    outcome = only_wrong(found)
    assert found.tried_all
    assert not found.is_right
    assert (found.executions, found.orders, outcome.tried, outcome.orders) == (4, 6, 2, 4)
    assert found.right is not None
    assert (found.right.tried, found.right.orders) == (2, 2)
    assert found.contested == {"count": "count"}
    assert outcome.again == AGAIN
    assert len(outcome.simplest.steps) == 4
    ((pair,),) = outcome.pairs
    assert pair.earlier.operation.kind == "value_read"
    assert pair.later.kind == "value_written"
    assert pair.earlier.thread != pair.thread


def test_with_the_lock_all_orders_are_right() -> None:
    for users in (2, 3):
        found = explored(tickets(users, lock=True))
        assert found.is_right
        assert not found.wrong
        assert found.explaining == 0


@pytest.mark.parametrize("places", [1, 2, 4])
def test_how_many_go_on_at_once_changes_nothing(places: int) -> None:
    found = explored(tickets_emptied(2), places=places)
    assert {outcome.faults[0].what: (outcome.tried, outcome.orders) for outcome in found.wrong} == {
        "claim": (6, 36),
        "uncaught": (4, 8),
    }
    assert found.executions == 16


def test_a_deadlock_is_decided_by_each_pair_of_its_cycle() -> None:
    outcome = only_wrong(explored(ab_ba()))
    assert outcome.simplest.threads in (["a", "b"], ["b", "a"])
    assert {(pair.earlier.thread, pair.thread) for (pair,) in outcome.pairs} == {("a", "b"), ("b", "a")}


def test_five_philosophers_are_found_within_twenty_executions() -> None:
    outcome = only_wrong(explored(philosophers(5), Budget(20, None)))
    assert outcome.first <= 20
    assert len(outcome.simplest.steps) == 5
    assert len(outcome.simplest.blocked) == 5


def test_seven_philosophers_are_found_early() -> None:
    assert only_wrong(explored(philosophers(7), Budget(32, None))).first <= 32


def test_two_pairs_are_named_where_none_decides_alone() -> None:
    outcome = only_wrong(explored(two_races()))
    ((one, other),) = outcome.pairs
    assert {one.later.object, other.later.object} == {"x", "y"}


def test_a_pair_changes_places_and_no_other_pair_does() -> None:
    """Wrong is who reads last, whichever of the two writes first; all of them hold the lock meanwhile."""

    def locked(*operations: Op) -> list[Op]:
        return [("acquire", "lock"), *operations, ("release", "lock")]

    program = Program(
        {
            "a": locked(("write", "x", 1)),
            "b": locked(("write", "y", 1)),
            "reader": locked(("read", "x", "x"), ("read", "y", "y")),
        },
        {"x": 0, "y": 0},
        wrong=lambda cells, registers: "both" if registers["reader"] == {"x": 1, "y": 1} else "",
    )
    ((pair,),) = only_wrong(explored(program)).pairs
    assert pair.thread == "reader" and pair.later.object == "lock"


@pytest.mark.parametrize(
    "program", [tickets(3), tickets_emptied(2), ab_ba(), philosophers(3), lost_wakeup()], ids=lambda each: each.name
)
def test_the_simplest_way_has_the_fewest_preemptions(program: Program) -> None:
    reference = Reference(program)
    for outcome in explored(program).wrong:
        same = [each for each in reference.executions if each.faults and each.faults[0].kind == outcome.faults[0].kind]
        assert preemptions(outcome.simplest) == min(map(preemptions, same))


def test_a_finding_beside_a_broken_claim_makes_no_kind_of_its_own() -> None:
    claim, finding = Fault(CLAIM, "oversold"), Fault(FINDING, "lost_update", "tickets.py:56")
    one, both, other = (Execution([], {}, faults=faults) for faults in ((claim,), (claim, finding), (finding,)))
    assert kind_of(one) == kind_of(both) != kind_of(other)
    assert kind_of(other) != kind_of(Execution([], {}))


# What it may not claim -----------------------------------------------------------------------------------------


def test_the_budget_in_executions() -> None:
    found = explored(philosophers(5), Budget(16, None))
    assert (found.executions, found.sampled) == (20, 4)
    assert not found.tried_all
    assert found.open


def test_the_budget_in_seconds() -> None:
    clock = iter(range(10_000))
    executor = ModelExecutor(bounded_buffer(4, 2))
    found = Explorer(executor, lambda: float(next(clock)), Budget(seconds=20)).run()
    assert 0 < found.executions - found.sampled < 48
    assert found.sampled
    assert not found.is_right


def test_a_search_that_is_complete_needs_no_orders_at_random() -> None:
    assert explored(bounded_buffer(4, 2), Budget(48, None)).tried_all


def test_under_a_bound_not_all_orders_are_tried() -> None:
    found = explored(bounded_buffer(4, 2), bound=0)
    assert found.searched
    assert found.sampled == 0
    assert found.cut
    assert not found.is_right
    high = explored(tickets(2, lock=True), bound=20)
    assert not high.cut
    assert high.is_right


@pytest.mark.parametrize("between", [True, False])
def test_what_is_not_controlled_between_processes_forbids_to_say_right(between: bool) -> None:
    def with_socket(execution: Execution) -> Execution:
        return replace(execution, uncontrolled=(Uncontrolled("socket", "", "work.py:3", between),))

    found = explored(tickets(2, lock=True), changed=with_socket)
    assert found.tried_all
    assert found.is_right is not between
    assert found.uncontrolled == {Uncontrolled("socket", "", "work.py:3", between): found.executions}


def test_an_execution_that_was_cut_off_forbids_to_say_all() -> None:
    def cut(execution: Execution) -> Execution:
        if execution.threads[0] == "user-2":
            return replace(execution, ended=LIMIT, faults=(Fault(ENDLESS),), steps=execution.steps[:3])
        return execution

    found = explored(tickets(2, lock=True), Budget(20, None), changed=cut)
    assert found.limited
    assert not found.tried_all
    assert only_wrong(found).faults == (Fault(ENDLESS),)
    assert only_wrong(found).again is None


def test_what_is_not_allowed_ends_it() -> None:
    forbidden = Fault(FORBIDDEN, "connects to", "work.py:5", "user-1", figures={"name": "10.0.0.1"})

    def stop(execution: Execution) -> Execution:
        return replace(execution, ended=STOPPED, faults=(forbidden,))

    found = explored(tickets(3), places=1, changed=stop)
    assert found.stopped == forbidden
    assert found.executions == 1
    assert not found.is_right


def test_what_does_not_go_wrong_again_is_flaky() -> None:
    seen = 0

    def by_chance(execution: Execution) -> Execution:
        nonlocal seen
        seen += bool(execution.faults)
        return replace(execution, faults=()) if seen % 2 else execution

    found = explored(tickets(2), places=1, changed=by_chance)
    outcome = only_wrong(found)
    assert outcome.is_flaky
    assert not outcome.pairs


def test_a_program_that_differs_from_run_to_run_is_not_explored_whole() -> None:
    runs = 0

    def differing(execution: Execution) -> Execution:
        nonlocal runs
        runs += 1
        steps = [
            step._replace(operation=step.operation._replace(kind=f"{step.operation.kind} {runs}"))
            for step in execution.steps
        ]
        return replace(execution, steps=steps)

    found = explored(tickets(3), Budget(10, None), changed=differing)
    assert found.diverged
    assert not found.tried_all


class Interrupted(ModelExecutor):
    """People press Ctrl-C in the fourth execution."""

    closed = False

    def done(self) -> tuple[Plan, Execution]:
        if len(self.executions) == 3:
            raise KeyboardInterrupt
        return super().done()

    def close(self) -> None:
        self.closed = True


def test_ctrl_c_gives_what_is_known_so_far() -> None:
    executor = Interrupted(tickets(3))
    found = Explorer(executor, lambda: 0.0).run()
    assert found.interrupted
    assert executor.closed
    assert found.executions == 3
    assert only_wrong(found).again is None
    assert only_wrong(found).orders
    assert not found.tried_all


def test_progress_is_told_after_each_execution() -> None:
    seen: list[tuple[int, int]] = []
    executor = ModelExecutor(tickets(2))
    explorer = Explorer(
        executor, lambda: 0.0, NO_LIMIT, progress=lambda found: seen.append((found.executions, found.explaining))
    )
    found = explorer.run()
    assert len(seen) == found.executions + found.explaining == len(executor.executions)
    assert seen[:4] == [(1, 0), (2, 0), (3, 0), (4, 0)]


def test_orders_are_counted_while_the_search_goes_on() -> None:
    seen: list[int | None] = []
    clock = iter(range(10_000))
    explorer = Explorer(
        ModelExecutor(tickets(2)),
        lambda: float(next(clock)),
        NO_LIMIT,
        progress=lambda found: seen.append(found.orders) if not found.explaining else None,
    )
    assert explorer.run().orders == seen[-1] == 6
    assert None not in seen and sorted(seen, key=lambda count: count or 0) == seen and len(set(seen)) > 2


def test_the_newest_execution_is_known() -> None:
    executor = ModelExecutor(tickets(2))
    seen: list[bool] = []
    Explorer(
        executor,
        lambda: 0.0,
        NO_LIMIT,
        progress=lambda found: seen.append(found.latest in executor.executions[-2:]) if not found.explaining else None,
    ).run()
    assert seen and all(seen)


def test_the_simplest_way_can_be_taken_again() -> None:
    """By the names of its threads alone, as a recording has them."""
    from procsim.explore.plans import Wished

    outcome = only_wrong(explored(tickets(3)))
    again = execute(tickets(3), Wished(outcome.simplest.threads))
    assert again.threads == outcome.simplest.threads
    assert again.faults
