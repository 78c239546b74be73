"""What a thread does with a lock again and again is counted: nothing is lost, state and order are the same."""

import os
import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procsim.findings import findings
from procsim.findings.base import Outcome
from procsim.intake.slot_decoder import SlotDecoder
from procsim.running.launch import launch
from procsim.running.order import Order
from procsim.state.apply import apply, state_of
from procsim.state.races import Races
from procsim.state.run_state import RunState
from procsim.wire.events import Event, events_in
from procsim.wire.interned import REPEATED, REPETITION, definition, head_of, new_commit_mark, padded
from procsim.wire.run_folder import Settings
from tests.conftest import Trace
from tests.events import Story

LOCK = 1

TURNS = ("lock_acquired", "lock_released")

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="without shared memory nothing is counted")


# Applied together, the events make the same state as one by one ------------------------------------------------


def repeated(t: int, count: int, began: int, held: int, pid: int = 2) -> Event:
    """One thread acquires and releases a lock, `count` events in all."""
    no_fields: dict[str, Any] = {}
    acquired, released = ("lock_acquired", "a.py:3", {"entered": True}), ("lock_released", "a.py:3", no_fields)
    told = {"events": (acquired, released), "count": count, "began": began, "held": held}
    return Event(REPEATED, t, pid, f"Process-{pid}", "MainThread", LOCK, "a.py:3", told)


def happened(run: RunState) -> list[Event]:
    """The last events that people read."""
    last = [each for event in run.happened for each in events_in(event)]
    return last[-(run.happened.maxlen or 0) :]


@given(st.data())
def test_the_state_is_the_same_as_if_each_was_applied(data: st.DataObject) -> None:
    story = Story()
    story.lock(LOCK)
    story.began(2, 3)
    events = list(story.events)
    t = events[-1].t
    for _ in range(data.draw(st.integers(1, 6))):
        pid = data.draw(st.sampled_from([2, 3]))
        inside = data.draw(st.booleans())
        began = t + data.draw(st.integers(0, 300_000))
        if data.draw(st.booleans()):
            events.append(Event("lock_waiting", began, pid, f"Process-{pid}", "MainThread", LOCK, "a.py:3"))
        if data.draw(st.booleans()):
            events.append(Event("lock_acquired", began, pid, f"Process-{pid}", "MainThread", LOCK, "a.py:3"))
            events.append(Event("lock_released", began, pid, f"Process-{pid}", "MainThread", LOCK, "a.py:3"))
        held = data.draw(st.integers(0, 200_000))
        t = began + held + data.draw(st.one_of(st.just(0), st.integers(1, 3_000_000)))
        count = data.draw(st.integers(2, 2_000)) * 2 - inside
        events.append(repeated(t, count, t - began, held, pid))
        if inside:
            events.append(Event("lock_released", t + 1, pid, f"Process-{pid}", "MainThread", LOCK, "a.py:3"))
            t += 1
    together = state_of(events)
    one_by_one = state_of(each for event in events for each in events_in(event))
    for field in fields(RunState):
        if field.name != "happened":
            assert getattr(together, field.name) == getattr(one_by_one, field.name), field.name
    assert happened(together) == happened(one_by_one)


@given(st.integers(2, 50), st.integers(0, 1_000))
def test_the_longest_hold_of_an_rlock_is_that_around_all_turns(turns: int, length: int) -> None:
    outer = Story().began(2).lock(LOCK, type="RLock").tell(2, "lock_acquired", LOCK, "a.py:1")
    t = outer.events[-1].t + length + 2
    events = [*outer.events, repeated(t, 2 * turns, length + 1, 1)]
    assert state_of(events).locks[LOCK].longest is None
    events.append(outer.events[-1]._replace(kind="lock_released", t=t + 1))
    (together, one_by_one) = (state_of(events), state_of(each for event in events for each in events_in(event)))
    assert together.locks == one_by_one.locks
    longest = together.locks[LOCK].longest
    assert longest is not None
    assert (longest.ns, longest.at) == (length + 3, "a.py:1")


def test_the_times_of_the_first_pair_and_of_the_last_acquisition_are_kept() -> None:
    for count in (3, 4, 7, 8):
        events = list(events_in(repeated(1_000, count, 900, 50)))
        assert [event.kind for event in events] == list((TURNS * 4)[:count])
        times = [event.t for event in events]
        assert times[:2] == [100, 150]
        assert set(times[(count - 1) & ~1 :]) == {1_000}
        assert times == sorted(times)


def test_how_long_a_lock_was_held_is_told_only_where_it_is_known() -> None:
    story = Story()
    story.lock(LOCK)
    story.began(2)
    t = story.events[-1].t + 10_000
    state = state_of([*story.events, repeated(t, 8, 9_000, 50)])
    assert state.locks[LOCK].longest_ns == 50
    state = state_of([*story.events, repeated(t, 8, 9_000, 0)])
    assert state.locks[LOCK].longest_ns == 0


# Whatever part of it is read, each event comes once ------------------------------------------------------------


class Slot:
    """A slot that ends with a repetition, as bytes that a reader hands to its decoder."""

    def __init__(self, kinds: tuple[str, str] = TURNS, fields: tuple[str, ...] = ()) -> None:
        self.mark = new_commit_mark()
        self.decoder = SlotDecoder()
        who = (2, "Process-2", "MainThread", LOCK, "a.py:3")
        records = [
            *(definition(number, (kind, *who, fields or {})) for number, kind in enumerate(kinds, 1)),
            definition(3, (1, 2)),
        ]
        assert not list(self.decoder.events(b"".join(padded(record) + self.mark for record in records), 0))

    def read(self, since: int, read: int, acquired: int, released: int, count: int) -> list[Event]:
        """What is decoded, most of it as one."""
        words = REPETITION.pack(head_of(self.mark, 3), since, read, acquired, released, count, self.mark)
        return list(self.decoder.events(words, 0))


@given(st.integers(0, 9), st.integers(1, 9))
def test_each_event_that_was_not_read_comes_once(read: int, more: int) -> None:
    """The n-th event is emitted at 10 * n."""
    count = read + more
    acquired = (count - 1 | 1) * 10
    events = [
        each for event in Slot().read(read * 10 if read else 10, read, acquired, 20, count) for each in events_in(event)
    ]
    turns = ("lock_acquired", "lock_released")
    assert [event.kind for event in events] == [turns[number & 1] for number in range(read, count)]
    expected = acquired
    if (read, count) in ((0, 2), (1, 2)):
        expected = 20
    elif read & 1 and more == 1:
        expected = read * 10
    assert events[-1].t == expected
    assert [event.t for event in events] == sorted(event.t for event in events)


def test_a_release_that_comes_after_a_look_stands_before_what_it_made_possible() -> None:
    """The process was in the lock when it was looked at (100), then others had it until it came again at 900."""
    first, *rest = Slot().read(100, 3, 900, 20, 8)
    assert (first.kind, first.t) == ("lock_released", 100)
    assert [(event.kind, event.t, event.fields["count"]) for event in rest] == [(REPEATED, 900, 4)]
    first, second = Slot().read(100, 3, 900, 20, 5)
    assert [(event.kind, event.t) for event in (first, second)] == [("lock_released", 100), ("lock_acquired", 900)]


def test_the_first_release_has_its_own_time() -> None:
    (first,) = Slot().read(10, 0, 900, 20, 8)
    assert (first.t, first.fields["began"], first.fields["held"]) == (900, 890, 10)
    (released,) = Slot().read(15, 1, 10, 20, 2)
    assert (released.kind, released.t) == ("lock_released", 20)


# Real processes ------------------------------------------------------------------------------------------------


def run(text: str, folder: Path, start_method: str = "fork") -> tuple[list[Event], int]:
    """All events of a program, one by one, and how many came together."""
    program = folder / "program.py"
    program.write_text(text)
    settings = Settings(start_method, repetitions=True)
    with launch(Order([sys.executable, str(program)], settings, timeout=120)) as traced:
        events = [event for batch in traced for event in batch]
    assert not traced.timed_out
    assert traced.exit_code == 0, [event for event in events if event.kind == "printed"]
    together = sum(event.kind == REPEATED for event in events)
    return [each for event in events for each in events_in(event)], together


CONTENDED = """
import threading
from multiprocessing import Lock, Process, RLock

def work(lock, count):
    for _ in range(count):
        with lock:
            pass
    for _ in range(count):
        lock.acquire()
        lock.release()

def both(lock, count):
    helper = threading.Thread(target=work, args=(lock, count))
    helper.start()
    work(lock, count)
    helper.join()

if __name__ == "__main__":
    for make in (Lock, RLock):
        lock = make()
        processes = [Process(target=both, args=(lock, 2_000)) for _ in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
"""


def test_no_event_is_lost_and_two_never_have_one_lock(start_method: str, tmp_path: Path) -> None:
    events, together = run(CONTENDED, tmp_path, start_method)
    counts = Counter((event.kind, event.pid, event.object) for event in events if event.kind in TURNS)
    assert sorted(counts.values()) == [8_000] * 8
    assert together
    inside: dict[int | None, tuple[int, str] | None] = {}
    for event in events:
        if event.kind == "lock_acquired":
            assert inside.get(event.object) is None, event
            inside[event.object] = event.pid, event.thread
        elif event.kind == "lock_released":
            assert inside.get(event.object) == (event.pid, event.thread), event
            inside[event.object] = None


KILLED = """
from multiprocessing import Lock, Process, RawValue

def work(lock, acquired):
    while True:
        with lock:
            acquired.value += 1

if __name__ == "__main__":
    lock, acquired = Lock(), RawValue("q")
    worker = Process(target=work, args=(lock, acquired))
    worker.start()
    while acquired.value < 50_000:
        pass
    worker.kill()
    worker.join()
    print(acquired.value)
"""


def test_what_a_process_has_counted_is_there_when_it_was_killed(tmp_path: Path) -> None:
    events, together = run(KILLED, tmp_path)
    counts = Counter(event.kind for event in events)
    acquired = int("".join(event.fields["text"] for event in events if event.kind == "printed"))
    assert together
    assert counts["lock_acquired"] - acquired in (0, 1)  # 1: it was killed before the program counted
    assert counts["lock_acquired"] - counts["lock_released"] in (0, 1)


KILLED_INSIDE = """
import os, signal
from multiprocessing import Lock, Process

def work(lock):
    for number in range(2_001):
        with lock:
            if number == 2_000:
                os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    lock = Lock()
    worker = Process(target=work, args=(lock,))
    worker.start()
    worker.join()
"""


def test_who_is_killed_in_the_lock_still_holds_it(tmp_path: Path) -> None:
    events, together = run(KILLED_INSIDE, tmp_path)
    state = state_of(events)
    (lock,) = state.locks.values()
    (worker,) = (process.pid for process in state.processes.values() if process.pid != state.main)
    assert together
    assert lock.acquired == {worker: 2_001}
    assert lock.holders == {worker: 1}


MANY = """
import os, signal, threading
from multiprocessing import Lock

first, second, third = Lock(), Lock(), Lock()

def work(lock, count):
    for _ in range(count):
        with lock:
            pass

def handle(number, frame):
    if busy:  # it has interrupted itself, with the lock held
        return
    busy.append(number)
    with second:
        pass
    handled.append(number)
    busy.clear()

busy, handled = [], []
signal.signal(signal.SIGVTALRM, handle)
signal.setitimer(signal.ITIMER_VIRTUAL, 0.0003, 0.0003)
helpers = [threading.Thread(target=work, args=(third, 5_000)) for _ in range(2)]
for helper in helpers:
    helper.start()
work(first, 20_000)
for helper in helpers:
    helper.join()
signal.setitimer(signal.ITIMER_VIRTUAL, 0)
print(len(handled), flush=True)
parent = os.getpid()
for number in range(1_000):
    with first:
        pass
    if number == 500 and os.getpid() == parent:
        child = os.fork()
if os.getpid() == parent:
    os.waitpid(child, 0)
else:
    os._exit(0)
"""


def test_handlers_threads_and_forks_in_the_midst_lose_nothing(tmp_path: Path) -> None:
    events, together = run(MANY, tmp_path)
    handled = int("".join(event.fields["text"] for event in events if event.kind == "printed"))
    names = {event.object: event.fields["name"] for event in events if event.kind == "lock_created"}
    main = events[0].pid
    counts = Counter(
        (names[event.object], event.kind, event.pid == main) for event in events if event.kind in TURNS and event.object
    )
    expected = {("first", True): 21_000, ("first", False): 499, ("second", True): handled, ("third", True): 10_000}
    assert together
    assert handled
    assert counts == {(name, kind, where): count for (name, where), count in expected.items() for kind in TURNS}
    for pid in {event.pid for event in events}:
        own = [event for event in events if event.pid == pid and event.kind in TURNS]
        for lock in names:
            kinds = [event.kind for event in own if event.object == lock]
            assert kinds == [TURNS[number & 1] for number in range(len(kinds))]


RELEASED_BEFORE = """
from multiprocessing import Lock

lock = Lock()
for number in range(200):
    try:
        with lock:
            if number == 150:
                lock._semlock.release()
    except ValueError as error:
        print(number, error)
"""


def test_a_release_that_raises_is_not_counted(tmp_path: Path) -> None:
    events, together = run(RELEASED_BEFORE, tmp_path)
    counts = Counter(event.kind for event in events)
    assert "".join(event.fields["text"] for event in events if event.kind == "printed").startswith("150 semaphore")
    assert together
    assert (counts["lock_acquired"], counts["lock_released"]) == (200, 199)


def test_it_is_not_counted_unless_it_was_ordered(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(KILLED_INSIDE)
    with launch(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as traced:
        events = [event for batch in traced for event in batch]
    assert not [event for event in events if event.kind == REPEATED]


def test_what_a_signal_handler_raises_passes_through_and_leaves_no_lock_held(trace: Trace) -> None:
    lines = trace("interrupted.py", None, repetitions=True).printed().splitlines()
    assert lines
    assert [line for line in lines if not line.endswith("was interrupted")] == []


AT_THE_LIMIT = """
import multiprocessing as mp
def depths(lock):
    with lock: pass
    depths(lock)
for lock in (mp.Lock(), mp.RLock()):
    try: depths(lock)
    except RecursionError: pass
    print(mp.Process(target=lock.acquire).run(), lock.acquire(False))
"""


def test_at_the_recursion_limit_no_lock_is_left_held(trace: Trace) -> None:
    recording = trace(AT_THE_LIMIT, None, repetitions=True)
    assert recording.printed().splitlines() == ["None False", "None True"]
    assert recording.of(REPEATED)


# Values --------------------------------------------------------------------------------------------------------

ACCESSES = ("value_read", "value_written")


def counted(t: int, count: int, value: int, step: int, pid: int) -> Event:
    """One thread reads a Value and adds to it, `count` events in all."""
    nothing: dict[str, Any] = {}
    events = tuple((kind, "a.py:4", nothing) for kind in ACCESSES)
    told = {"events": events, "count": count, "began": 0, "held": 0, "value": value, "step": step}
    return Event(REPEATED, t, pid, f"Process-{pid}", "MainThread", LOCK, "a.py:4", told)


@given(st.data())
def test_the_state_of_a_value_is_the_same_as_if_each_was_applied(data: st.DataObject) -> None:
    story = Story().began(2, 3).tell(1, "value_created", LOCK, "a.py:1", name="n", type="Value", length=1, lock=9)
    events = list(story.events)
    t, value = events[-1].t, 0
    for _ in range(data.draw(st.integers(1, 6))):
        pid, step = data.draw(st.sampled_from([2, 3])), data.draw(st.integers(-3, 3))
        other = f"Process-{pid}", "MainThread", LOCK, "a.py:4"
        t += data.draw(st.integers(1, 300_000))
        for kind in data.draw(st.sampled_from([(), ACCESSES[:1], ACCESSES[1:], ACCESSES])):
            events.append(Event(kind, t, pid, *other, {"value": value}))
        count = data.draw(st.integers(3, 400))
        events.append(counted(t, count, value, step, pid))
        value += step * (count >> 1)
    together = state_of(events)
    one_by_one = state_of(each for event in events for each in events_in(event))
    for field in fields(RunState):
        if field.name != "happened":
            assert getattr(together, field.name) == getattr(one_by_one, field.name), field.name
    assert happened(together) == happened(one_by_one)


@pytest.mark.parametrize("count", [3, 4, 7, 8, 401, 402])
def test_a_race_that_did_not_strike_is_found_as_if_each_was_applied(count: int) -> None:
    """The first process stops between its last read and its write, or after its write; the other one comes later."""
    story = Story().began(2, 3).tell(1, "value_created", LOCK, "a.py:1", name="n", type="Value", length=1, lock=9)
    t, value = story.events[-1].t + 1, count >> 1
    events = [*story.events, counted(t, count, 0, 1, 2)]
    who = "MainThread", LOCK
    if count & 1:
        events.append(Event("value_written", t + 1, 2, "Process-2", *who, "a.py:9", {"value": value + 1}))
    for number, kind in enumerate(ACCESSES):
        events.append(Event(kind, t + 2 + number, 3, "Process-3", *who, "a.py:7", {"value": value + 1 + number}))

    def raced(all_events: list[Event]) -> list[tuple[str, Any]]:
        run = RunState(races=Races())
        for event in all_events:
            apply(run, event)
        return [(each.id, each.figures) for each in findings(run, Outcome())]

    assert raced(events) == raced([each for event in events for each in events_in(event)])
    assert "could_be_lost" in [identifier for identifier, _ in raced(events)]


@given(st.integers(0, 9), st.integers(1, 9), st.integers(-5, 5))
def test_each_access_that_was_not_read_comes_once(read: int, more: int, step: int) -> None:
    slot = Slot(ACCESSES, ("value",))
    events = [each for event in slot.read(50, read, 7, step, read + more) for each in events_in(event)]
    assert [event.kind for event in events] == [ACCESSES[number & 1] for number in range(read, read + more)]
    assert [event.fields["value"] for event in events] == [
        7 + step * (number + 1 >> 1) for number in range(read, read + more)
    ]
    assert {event.t for event in events} == {50}


COUNTERS = """
import threading
from multiprocessing import Process, Value

def work(counter, alone, count):
    for _ in range(count):
        counter.value += 1
    for _ in range(count):
        alone.value -= 3
    for number in range(count):
        alone.value += number
    counter.value = 1

def both(counter, count):
    alone = Value("q", 100)
    helper = threading.Thread(target=work, args=(counter, alone, count))
    helper.start()
    helper.join()
    work(counter, alone, count)

if __name__ == "__main__":
    counter = Value("i", 5)
    processes = [Process(target=both, args=(counter, 3_000)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(counter.value)
"""


def test_each_read_of_a_value_tells_what_the_last_write_left(start_method: str, tmp_path: Path) -> None:
    """So the accesses of all processes stand in the order in which they were made."""
    events, together = run(COUNTERS, tmp_path, start_method)
    assert together
    known = {
        event.object: 5 if event.fields["name"] == "counter" else 100
        for event in events
        if event.kind == "value_created"
    }
    counts: Counter[str] = Counter()
    for event in events:
        if event.kind == "value_read":
            assert event.fields["value"] == known[event.object], event
        elif event.kind in ("value_written", "value_set"):
            known[event.object] = event.fields["value"]
        counts[event.kind] += event.kind.startswith("value_")
    assert (counts["value_read"], counts["value_written"], counts["value_set"]) == (3 * 18_000 + 1, 3 * 18_000, 6)


RACING = """
from multiprocessing import Process, Value

def work(counter):
    for _ in range(20_000):
        counter.value += 1

if __name__ == "__main__":
    counter = Value("i", 0)
    processes = [Process(target=work, args=(counter,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(counter.value)
"""


def test_the_updates_that_are_lost_are_those_that_are_missing_in_the_end(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(RACING)
    with launch(Order([sys.executable, str(program)], Settings("fork", repetitions=True), timeout=120)) as traced:
        events = [event for batch in traced for event in batch]
    assert [event for event in events if event.kind == REPEATED]
    state = state_of(events)
    (cells,) = (cells for cells in state.cells.values() if cells.type == "Value")
    (printed,) = (event.fields["text"] for event in events if event.kind == "printed")
    assert cells.gone == 60_000 - int(printed)
    assert state.counts["value_written"] == 60_000


def test_what_comes_between_in_one_process_ends_the_repetition(tmp_path: Path) -> None:
    program = """
from multiprocessing import Value

counter = Value("q", 0)
def add(number):
    counter.value += number
for number in range(300):
    add(1)
    if number % 100 == 50:
        print(counter.value, flush=True)
    if number == 160:
        counter.get_obj().value = 7
    if number == 220:
        add(True)
        add(1 << 40)
"""
    events, together = run(program, tmp_path)
    assert together
    value, printed = 0, []
    for event in events:
        if event.kind == "value_read":
            assert event.fields["value"] in (value, 7)
            value = event.fields["value"]
        elif event.kind == "value_written":
            value = event.fields["value"]
        elif event.kind == "printed":
            printed.append((event.fields["text"].strip(), str(value)))
    assert [told for told, _ in printed] == ["51", "151", str(7 + 250 - 160 + (1 << 40) + 1)]
    assert all(told == known for told, known in printed)
