"""The searches against brute force, which tries every order: the same traces, and the same states at the end."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from procsim.explore import bounded, tree
from procsim.explore.bounded import BoundedSearch
from procsim.explore.counting import Orders
from procsim.explore.optimal import OptimalSearch
from procsim.explore.order import Order
from procsim.explore.plans import Begun, Wished
from procsim.explore.sampling import InTurn
from procsim.explore.schedule import DIVERGED, WHOLE, Diverged, Execution, Operation, Plan, Step
from procsim.explore.tree import RETRIES, TreeSearch
from tests.exploring.at_random import random_ending_program, random_program
from tests.exploring.model import ModelExecutor, Program, execute
from tests.exploring.named import (
    ab_ba,
    bounded_buffer,
    last_zero,
    lost_wakeup,
    philosophers,
    tickets,
    tickets_emptied,
    two_races,
)
from tests.exploring.reference import BruteForce, Reference, foata, preemptions, run_all

Changed = Callable[[Execution], Execution]

QUICK = (1, 2, 3, 6, 8, 13, 18, 21, 22, 28, 31, 39, 43, 50, 51, 54, 55, 59, 66, 67)
"""Seeds of random programs with at most 80 orders: a few seconds together."""

THOROUGH = range(100, 250)

MOST_ORDERS = 1500
"""Of a random program. For one that has more, as about a third of them have, another one is drawn."""


def explored(search: TreeSearch, program: Program, places: int = 1, seed: int = 0) -> list[Execution]:
    """All executions of a search, with so many plans out at once, which come back in a random order."""
    return run_all(search, ModelExecutor(program, places, Random(seed).randrange))


@cache
def reference_of(seed: int) -> tuple[Program, Reference]:
    for other in itertools.count(seed, 100_000):
        program = random_program(other)
        reference = Reference(program, MOST_ORDERS)
        if reference.small:
            return program, reference
    raise AssertionError("itertools.count never ends")


def has_each_trace_once(program: Program, reference: Reference, places: int) -> None:
    search = OptimalSearch()
    executions = explored(search, program, places)
    assert search.complete
    assert [each.ended for each in executions] == [WHOLE] * len(executions), "executions were begun in vain"
    traces = Counter(foata(each.steps) for each in executions)
    assert traces.keys() == reference.traces.keys()
    assert max(traces.values()) == 1, "a trace was executed twice"
    assert {each.final for each in executions} == reference.finals.keys()


def has_all_within(program: Program, reference: Reference, bound: int) -> None:
    search = BoundedSearch(bound)
    executions = explored(search, program, places=2)
    assert search.complete
    wanted = {trace for trace, fewest in reference.traces.items() if fewest <= bound}
    assert {foata(each.steps) for each in executions} == wanted
    assert max(map(preemptions, executions)) <= bound
    assert len({tuple(each.threads) for each in executions}) == len(executions), "an order was executed twice"
    assert search.cut or wanted == reference.traces.keys(), "it says that the bound excluded nothing"


def counts_all_orders(program: Program, reference: Reference) -> None:
    """Those of the steps at what threads race for, counted in each order of brute force."""
    search = OptimalSearch()
    explored(search, program)
    orders = {
        tuple(
            (step.thread, step.operation.touches)
            for step in each.steps
            if any(touch.object in search.orders.contested for touch in step.operation.touches)
        )
        for each in reference.executions
    }
    counts = search.orders.counts()
    assert counts is not None
    assert sum(counts) == len(orders)


@pytest.mark.parametrize("places", [1, 2, 4])
@pytest.mark.parametrize("seed", QUICK)
def test_each_trace_is_executed_once(seed: int, places: int) -> None:
    has_each_trace_once(*reference_of(seed), places)


@pytest.mark.parametrize("seed", QUICK)
def test_a_bound_leaves_out_nothing_that_is_within_it(seed: int) -> None:
    for bound in (0, 1, 2):
        has_all_within(*reference_of(seed), bound)


@pytest.mark.parametrize("seed", QUICK)
def test_all_orders_are_counted(seed: int) -> None:
    counts_all_orders(*reference_of(seed))


@pytest.mark.thorough
@pytest.mark.parametrize("seed", THOROUGH)
def test_hundreds_of_programs_at_random(seed: int) -> None:
    program, reference = reference_of(seed)
    for places in (1, 2, 5):
        has_each_trace_once(program, reference, places)
    for bound in (0, 1, 2, 3):
        has_all_within(program, reference, bound)
    counts_all_orders(program, reference)


def meets_all_endings(seed: int) -> None:
    """What an end is closed for, and what a killed thread has done, as brute force finds it.

    Closing an end counts as that of the last one who has it, or of another one: so the traces cannot be compared.
    """
    for other in itertools.count(seed, 100_000):
        program = random_ending_program(other)
        executions = run_all(BruteForce(), ModelExecutor(program), 401)
        if len(executions) <= 400:
            break
    finals = {each.final for each in executions}
    for places in (1, 3):
        search = OptimalSearch()
        found = explored(search, program, places)
        assert search.complete
        assert {each.final for each in found if each.ended == WHOLE} == finals
    bounded = BoundedSearch(1)
    found = explored(bounded, program, places=2)
    assert bounded.complete
    assert {each.final for each in found} == {each.final for each in executions if preemptions(each) <= 1}


@pytest.mark.parametrize("seed", range(8))
def test_threads_that_end_each_other(seed: int) -> None:
    meets_all_endings(seed)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(100, 150))
def test_hundreds_of_programs_whose_threads_end_each_other(seed: int) -> None:
    meets_all_endings(seed)


NAMED = [
    # program, orders, traces, right, wrong
    (tickets(2), 6, 4, 2, 4),
    (tickets(3), 66, 21, 6, 60),
    (tickets(2, lock=True), 2, 2, 2, 0),
    (tickets(3, lock=True), 6, 6, 6, 0),
    (tickets_emptied(2), 54, 16, 10, 44),
    (ab_ba(), 6, 3, 4, 2),
    (philosophers(3), 168, 7, 162, 6),
    (bounded_buffer(4, 2), 48, 48, 48, 0),
    (lost_wakeup(), 5, 3, 4, 1),
    (two_races(), 12, 4, 3, 9),
]


@pytest.mark.parametrize(
    ("program", "orders", "traces", "right", "wrong"), NAMED, ids=lambda each: getattr(each, "name", "")
)
def test_programs_with_a_name(program: Program, orders: int, traces: int, right: int, wrong: int) -> None:
    reference = Reference(program)
    assert len(reference.executions) == orders
    assert len(reference.traces) == traces
    has_each_trace_once(program, reference, places=2)
    search = OptimalSearch()
    executions = explored(search, program)
    counts = search.orders.counts()
    assert counts is not None
    assert sum(counts) == orders
    assert sum(count for count, each in zip(counts, executions, strict=True) if not each.faults) == right
    assert sum(count for count, each in zip(counts, executions, strict=True) if each.faults) == wrong


def test_who_reads_between_the_emptying_and_the_writing_crashes() -> None:
    search = OptimalSearch()
    executions = explored(search, tickets_emptied(2))
    counts = search.orders.counts()
    assert counts is not None
    kinds: Counter[str] = Counter()
    for count, each in zip(counts, executions, strict=True):
        kinds[each.faults[0].what if each.faults else "right"] += count
    assert kinds == {"claim": 36, "uncaught": 8, "right": 10}


@pytest.mark.parametrize(
    ("program", "traces"), [(philosophers(5), 31), (last_zero(5), 64)], ids=lambda each: str(each)[:9]
)
def test_nothing_is_executed_in_vain(program: Program, traces: int) -> None:
    """Source-DPOR without wake-up trees begins 8 executions of the last zero in vain, and 541 with 8 writers."""
    for places in (1, 2):
        assert [each.ended for each in explored(OptimalSearch(), program, places)] == [WHOLE] * traces


@pytest.mark.thorough
def test_nothing_is_executed_in_vain_in_a_larger_program() -> None:
    assert [each.ended for each in explored(OptimalSearch(), last_zero(8), 2)] == [WHOLE] * 704


# What is left out is missed: the comparison notices mistakes in the search, and in what it is told -------------


def misses(
    make: Callable[[], TreeSearch], bound: int | None, seeds: Iterable[int], change: Changed = lambda e: e
) -> int:
    """In how many programs a search does not find exactly the traces that there are, each with one execution."""
    missed = 0
    for seed in seeds:
        program, reference = reference_of(seed)
        executor = ModelExecutor(program, changed=change)
        executions = run_all(make(), executor)
        wanted = {trace for trace, fewest in reference.traces.items() if bound is None or fewest <= bound}
        found = {foata(each.steps) for each in executions if each.ended == WHOLE}
        missed += found != wanted or (bound is None and len(executions) != len(wanted))
    return missed


def no_blocked(execution: Execution) -> Execution:
    return replace(execution, blocked={})


def no_refused(execution: Execution) -> Execution:
    return replace(execution, steps=[step._replace(refused=frozenset()) for step in execution.steps])


@pytest.mark.parametrize(("change", "seeds"), [(no_blocked, (8, 13, 22, 28)), (no_refused, (13, 28, 39, 43))])
def test_what_is_not_reported_is_missed(change: Changed, seeds: Sequence[int]) -> None:
    """What threads are blocked in at the end, and what a step found refused."""
    assert not misses(OptimalSearch, None, seeds)
    assert misses(OptimalSearch, None, seeds, change)


class WithSleep(BoundedSearch):
    """It lets threads sleep, whose executions may be the only ones of their traces within the bound."""

    sleeps = True


def test_under_a_bound_no_thread_sleeps() -> None:
    assert not misses(lambda: BoundedSearch(0), 0, (1, 3, 28))
    assert misses(lambda: WithSleep(0), 0, (1, 3, 28))


def test_under_a_bound_a_thread_is_tried_at_the_last_switch_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "_switches", lambda steps: list(range(len(steps))))
    assert misses(lambda: BoundedSearch(0), 0, (1, 3, 6))


def test_under_a_bound_a_release_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    last_dependent = bounded._last_dependent

    def passing_over(steps: Sequence[Step], thread: str, operation: Operation, fresh: bool) -> list[int]:
        positions = last_dependent(steps, thread, operation, fresh)
        return [each for each in positions if not steps[each].refused & set(operation.touches)]

    monkeypatch.setattr(bounded, "_last_dependent", passing_over)
    assert misses(lambda: BoundedSearch(0), 0, (28,))


class WithoutWays(OptimalSearch):
    """It passes over a race where a thread that sleeps could come first, but does not follow the ways that it adds."""

    def next_plan(self) -> Plan | None:
        plan = super().next_plan()
        if plan is not None:
            node, branch, sleep = self._out.pop(plan)
            steps = plan._steps if isinstance(plan, Begun) else []
            plan = Begun(steps, [branch.thread] if branch is not None else [], sleep)
            self._out[plan] = node, branch, sleep
        return plan


def test_a_thread_that_sleeps_is_a_reason_to_pass_over_a_race_only_if_ways_are_followed() -> None:
    assert misses(WithoutWays, None, QUICK)


def test_who_can_move_after_a_step_and_could_not_before_cannot_come_first() -> None:
    """As far as that is seen, it need not be reported that the step found the operation refused."""
    event = Program({"a": [("put", "q", 1)], "b": [("get", "q", "r")]}, queues={"q": 1})
    executor = ModelExecutor(event, changed=no_refused)
    run_all(OptimalSearch(), executor)
    assert [each.ended for each in executor.executions] == [WHOLE]


# A program that is not the same each time ----------------------------------------------------------------------


def test_a_program_that_does_something_else_is_noticed() -> None:
    search, program = OptimalSearch(), tickets(3)
    first = search.next_plan()
    assert first is not None
    execution = execute(program, first)
    step = execution.steps[0]
    other = step._replace(operation=step.operation._replace(kind="file_read"))
    search.record(first, replace(execution, steps=[other, *execution.steps[1:]]))
    second = search.next_plan()
    assert second is not None
    again = execute(program, second)
    assert again.ended == DIVERGED
    assert "file_read" in str(again.diverged)
    search.record(second, again)
    for _time in range(RETRIES):
        plan = search.next_plan()
        assert plan is not None
        again = execute(program, plan)
        assert again.ended == DIVERGED, "it is tried again before anything else"
        search.record(plan, again)
    assert search.lost == 1
    assert not search.complete


def test_what_differed_once_is_tried_again() -> None:
    runs = 0

    def differs_once(execution: Execution) -> Execution:
        nonlocal runs
        runs += 1
        if runs != 3:
            return execution
        return replace(execution, ended=DIVERGED, diverged=Diverged(0, "this", "that"), steps=[], blocked={})

    search = OptimalSearch()
    executions = run_all(search, ModelExecutor(tickets(3), changed=differs_once))
    assert len(executions) == 22
    assert search.complete


def test_the_same_seed_gives_the_same_orders() -> None:
    def orders(seed: int) -> list[list[str]]:
        sampling, found = InTurn(seed), []
        for _number in range(10):
            plan = sampling.next_plan()
            execution = execute(philosophers(5), plan)
            sampling.record(plan, execution)
            found.append(execution.threads)
        return found

    assert orders(1) == orders(1)
    assert orders(1) != orders(2)


def test_orders_at_random_find_what_is_wrong() -> None:
    for program in (tickets(2), tickets_emptied(2), ab_ba(), philosophers(3)):
        sampling = InTurn(0)
        wrong = 0
        for _number in range(60):
            plan = sampling.next_plan()
            execution = execute(program, plan)
            sampling.record(plan, execution)
            wrong += bool(execution.faults)
        assert wrong, program.name


def test_what_is_finished_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree of 417 executions keeps no more nodes than lie on the paths to what is open, once it goes into depth."""
    monkeypatch.setattr(tree, "WIDE_NODES", 100)
    search = OptimalSearch()
    executor = ModelExecutor(tickets_emptied(3))
    kept = 0
    while (plan := search.next_plan()) is not None:
        executor.begin(plan)
        search.record(*executor.done())
        kept = max(kept, _nodes(search))
    longest = max(len(each.steps) for each in executor.executions)
    assert len(executor.executions) == 417
    assert kept <= 100 + 2 * longest


def _nodes(search: OptimalSearch) -> int:
    found = [search._root] if search._root is not None else []
    for node in found:
        found += [branch.node for branch in node.branches if branch.node is not None]
    return len(found)


def test_brute_force_is_complete() -> None:
    search = BruteForce()
    assert len(explored(search, tickets(2), places=3)) == 6
    assert search.complete


def test_a_trace_that_comes_again_stands_for_no_more_orders() -> None:
    orders = Orders()
    for threads in (["user-1", "user-2"], ["user-2", "user-1"], ["user-1", "user-2"]):
        orders.add(Order(execute(tickets(2), Wished(threads))))
    assert orders.counts() == [2, 2, 0]
