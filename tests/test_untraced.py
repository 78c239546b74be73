"""What was read of processes that are not traced becomes events of the run. Pure: no process, no memory.

Real processes: `tests/integration/test_untraced.py`.
"""

from dataclasses import replace

from procsim.attach.look import Look, SeenChild
from procsim.attach.story import facts_of
from procsim.attach.untraced import Untraced, events_for_run
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from tests.events import Story
from tests.test_attach_story import CYCLE, changed

RUN = 50
"""The main process of the run. That of the program that it has started is 1."""

ALL = [Untraced(1, "-I", "python -I work.py"), Untraced(2, "-I"), Untraced(3, "-I")]


def read(first: Look, second: Look, untraced: list[Untraced], traced: tuple[int, ...] = ()) -> RunState:
    """A run whose main process is traced, and has started a program that is not, of which this was read."""
    story = Story().tell(RUN, "process_began", parent=0, daemon=False, handles_sigterm=False)
    for pid in traced:
        story.tell(pid, "process_began", parent=RUN, daemon=False, handles_sigterm=False)
    state = RunState()
    for event in story.tell(1, "process_untraced", reason="-I").events:
        apply(state, event)
    for event in list(events_for_run(state, facts_of(first, second), untraced, 9_000_000_000)):
        assert event.t == 9_000_000_000
        apply(state, event)
    return state


def holders(state: RunState) -> dict[str, list[int]]:
    return {lock.name: [*lock.holders] for lock in state.locks.values()}


def waits(state: RunState) -> dict[int, str]:
    return {wait.pid: wait.kind for wait in state.now_waiting()}


def test_what_they_hold_and_wait_for_is_known_in_the_run() -> None:
    state = read(CYCLE, CYCLE, ALL)
    assert holders(state) == {"left": [2], "right": [3]}
    assert waits(state) == {1: "process_join_waiting", 2: "lock_waiting", 3: "lock_waiting"}
    assert {process.pid: process.untraced for process in state.processes.values()} == {
        RUN: "",
        1: "-I",
        2: "-I",
        3: "-I",
    }
    assert state.processes[1].name == "p1"  # the run has named it
    assert state.processes[2].name == "one"


def test_what_the_tracer_emits_itself_is_not_counted_twice() -> None:
    state = read(CYCLE, CYCLE, ALL, traced=(2,))
    assert holders(state) == {"left": [], "right": [3]}
    assert waits(state) == {1: "process_join_waiting", 3: "lock_waiting"}


def test_of_a_process_that_was_not_asked_for_nothing_is_said() -> None:
    state = read(CYCLE, CYCLE, ALL[1:2])
    assert waits(state) == {2: "lock_waiting"}
    assert state.processes.keys() == {RUN, 1, 2}
    assert not read(CYCLE, CYCLE, []).locks


def test_who_moves_between_the_looks_waits_for_nothing_that_lasts() -> None:
    moved = replace(CYCLE.processes[3].threads[3], waits_since=6)
    assert waits(read(CYCLE, changed(3, threads={3: moved}), ALL)) == {1: "process_join_waiting", 2: "lock_waiting"}


def test_what_is_held_for_a_moment_is_not_held() -> None:
    assert holders(read(changed(3, holds=()), CYCLE, ALL)) == {"left": [2], "right": []}


def test_a_child_that_has_ended_is_known() -> None:
    gone = SeenChild(7, "gone", exit_code=-9)
    with_child = changed(1, children=(SeenChild(2, "one"), gone), children_made=2)
    state = read(with_child, with_child, ALL)
    assert (state.processes[7].name, state.processes[7].exit_code) == ("gone", -9)


def test_a_lock_whose_holder_has_ended_is_held_by_it() -> None:
    gone = SeenChild(7, "gone", exit_code=-9)
    with_child = changed(1, children=(SeenChild(2, "one"), SeenChild(3, "other"), gone), children_made=3)
    orphaned = replace(with_child, processes=with_child.processes | {2: replace(CYCLE.processes[2], holds=())})
    assert holders(read(orphaned, orphaned, ALL)) == {"left": [7], "right": [3]}
