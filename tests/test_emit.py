"""What a program says again and again: it comes as what it said first."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from procsim.running.launch import launch
from procsim.running.order import Order
from procsim.tracer.emit import HEADS_KEPT
from procsim.tracer.sites import SITES_KEPT
from procsim.tracer.values import value_of
from procsim.wire.events import Event
from procsim.wire.run_folder import Settings


def events_of(text: str, folder: Path) -> list[Event]:
    """All that a program tells, which ends by itself."""
    program = folder / "program.py"
    program.write_text(text)
    with launch(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as run:
        events = [event for batch in run for event in batch]
    assert not run.timed_out
    return events


VALUES: list[Any] = [
    *[0, 1, -1, 2**62 - 1, 2**62, -(2**62), -(2**62) - 1, 2**63 - 1, 2**63, -(2**63), 10**30],
    *[0.0, 1.5, None, True, False, "", "text", "车票", "x" * 100, b"bytes", b"b" * 50],
    *[(), (1, "two"), [3, None], {}, {1: 2}],
]

SAYS_AGAIN = f"""
import threading
from multiprocessing import Process, SimpleQueue

queue = SimpleQueue()

def exchange(count):
    for _ in range(count):
        for value in {VALUES!r}:
            queue.put(value)
            assert queue.get() == value

exchange(20)
thread = threading.Thread(target=exchange, args=(5,), name="helper")
thread.start()
thread.join()
child = Process(target=exchange, args=(20,), name="child")
child.start()
child.join()
"""


def test_what_is_said_again_comes_as_it_was_said_first(tmp_path: Path) -> None:
    told: dict[tuple[str, str, str, str | None], list[Any]] = {}
    for event in events_of(SAYS_AGAIN, tmp_path):
        if event.kind in ("queue_put", "queue_got"):
            who = event.process, event.thread, event.kind, event.at
            told.setdefault(who, []).append(event.fields["value"])
    values = [value_of(value) for value in VALUES]
    by = {("MainProcess", "MainThread"): 20, ("MainProcess", "helper"): 5, ("child", "MainThread"): 20}
    for kind, at in (("queue_put", "program.py:10"), ("queue_got", "program.py:11")):
        for (process, thread), count in by.items():
            assert repr(told.pop((process, thread, kind, at))) == repr(values * count)  # 1 is True, and neither is 1.0
    assert not told


TEXTS = [f"{mark}{'x' * length}" for length in (1, 80, 1_000, 2_000, 3_000, 5_000) for mark in ("", "票" * 9, "\udcff")]

PRINTS_AGAIN = f"""
import sys

sys.stdout.reconfigure(errors="surrogateescape")
for _ in range(30):
    for text in {TEXTS!r}:
        print(text)
"""


def test_fields_of_any_length_come_as_they_were_said(tmp_path: Path) -> None:
    printed = [event for event in events_of(PRINTS_AGAIN, tmp_path) if event.kind == "printed"]
    assert {(event.at, event.fields["stream"]) for event in printed} == {("program.py:7", "stdout")}
    assert "".join(event.fields["text"] for event in printed) == "".join(f"{text}\n" for text in TEXTS) * 30


SAYS_MUCH = """
from procsim import say

for _ in range(100):
    for count in (0, 1, 10, 50, 100, 200):
        say("so many", **{f"field{number}": "x" * 50 for number in range(count)})
"""


def test_more_fields_than_fit_are_cut_alike_each_time(tmp_path: Path) -> None:
    said = [event.fields for event in events_of(SAYS_MUCH, tmp_path) if event.kind == "said"]
    assert len(said) == 600 and said == said[:6] * 100
    assert [len(fields["fields"]) for fields in said[:4]] == [0, 1, 10, 50]


AT_THE_END = """
import atexit
from multiprocessing import Lock

lock = Lock()

def last():
    for _ in range(3):
        lock.acquire()
        lock.release()

atexit.register(last)
for _ in range(60):
    atexit.register(lock.release)
    atexit.register(lock.acquire)
"""


def test_what_a_line_says_is_not_taken_for_what_no_line_has_said(tmp_path: Path) -> None:
    places = [event.at for event in events_of(AT_THE_END, tmp_path) if event.kind in ("lock_acquired", "lock_released")]
    assert places == [None] * 120 + ["program.py:9", "program.py:10"] * 3


MAKES_CODE = f"""
import weakref
from multiprocessing import Lock

lock = Lock()
made = []
for _ in range({SITES_KEPT + 3 * HEADS_KEPT}):
    code = compile("lock.acquire(); lock.release()", "made.py", "exec")
    made.append(weakref.ref(code))
    exec(code)
    exec(code)
print(sum(reference() is not None for reference in made))
"""


def test_a_program_may_make_code_for_ever(tmp_path: Path) -> None:
    said: Counter[str] = Counter()
    for event in events_of(MAKES_CODE, tmp_path):
        if event.kind in ("lock_acquired", "lock_released"):
            assert event.at == "made.py:1"
            said[event.kind] += 1
        elif event.kind == "printed":
            alive = int(event.fields["text"])
    assert said == dict.fromkeys(("lock_acquired", "lock_released"), 2 * (SITES_KEPT + 3 * HEADS_KEPT))
    assert alive <= SITES_KEPT + HEADS_KEPT


NAMED_BY_CODE = """
from multiprocessing import Lock, Process

lock = Lock()

def use():
    for _ in range(200):
        with lock:
            pass

class Name(str):
    def __str__(self):
        use()
        return str.__str__(self)

child = Process(target=use)
child._name = Name("child")
child.start()
child.join()
"""


def test_what_is_said_while_a_process_gets_its_name_is_not_said_so_again(tmp_path: Path) -> None:
    said: Counter[str] = Counter()
    for event in events_of(NAMED_BY_CODE, tmp_path):
        if event.kind == "lock_acquired":
            said[event.process] += 1
    assert said["child"] >= 200


FORKS_WHILE_IT_SAYS_SOMETHING = """
import ctypes, os, sys
from procsim.intake.memory_reader import BufferReader
from procsim.wire.pipe import Clock, EventQueue, EventQueueReader
from procsim.tracer import emit

queue = EventQueue.create(sys.argv[1] + "/events")
pipe, reader = EventQueueReader(queue), BufferReader(sys.argv[1])
emit.open_channel(queue)

def say(count):
    for number in range(count):
        assert emit.emit("queue_put", 1, "program.py:1", **FIELDS)

def fork():
    # A signal handler may do that as soon as Python has asked for the time.
    Clock.now = now
    if ctypes.PyDLL(None).fork() == 0:
        os.read(begin, 1)
    return now()

FIELDS = eval(sys.argv[2])
me, now = os.getpid(), Clock.now
begin, let_it_begin = os.pipe()
say(300)
Clock.now = fork
say(1)
if os.getpid() != me:
    os._exit(0)
say(500)
os.write(let_it_begin, b"x")
os.wait()
((decoder, data),) = reader.read()
times = [event.t for event in decoder.events(data, 0)]
assert len(times) > 600 and times == sorted(times)
assert len(data) < len(times) * 80, "they are interned"
"""


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no files in memory")
@pytest.mark.parametrize("fields", [{"value": 4711}, {"value": "text"}, {"job": 1, "took": 2.5, "function": "work"}])
def test_whoever_is_forked_in_the_middle_of_a_word_does_not_say_the_rest_there(
    fields: dict[str, Any], tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-c", FORKS_WHILE_IT_SAYS_SOMETHING, str(tmp_path), repr(fields)], check=True)
