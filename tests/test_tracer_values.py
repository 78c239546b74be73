"""What is read and written in memory that processes share: Value, Array, and what a manager has."""

import textwrap
from pathlib import Path
from typing import Any

import pytest

from procsim.findings import findings
from procsim.findings.base import Outcome
from procsim.state.accesses import place_words
from procsim.state.apply import state_of
from procsim.wire.events import KINDS

from .conftest import Recording, Trace, without_a_tracer


def accesses(run: Recording, name: str, process: str = "") -> list[tuple[str, str, Any]]:
    """What was read (r), written (w) and set to a constant (s) of the object of that name, and where in it."""
    letters = {"value_read": "r", "value_written": "w", "value_set": "s"}
    return [
        (letters[event.kind], place_words(event), event.fields["value"])
        for event in run.of(*letters, name=name)
        if process in ("", event.process)
    ]


def found(run: Recording) -> list[str]:
    return [finding.id for finding in findings(state_of(run.events), Outcome())]


def well_formed(run: Recording) -> None:
    for event in run.events:
        assert set(event.fields) <= set(KINDS[event.kind]), event


def test_value_and_array(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        import ctypes
        from multiprocessing import Array, Process, Value
        class Point(ctypes.Structure):
            _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]
        def child(counter, cells, point, text):
            counter.value += 1  # counts
            with counter:  # holds
                counter.value += 1
            with cells.get_lock():
                cells[0] = 5
            cells[-1] += 3
            cells[1:] = [7]
            point.x += 2
            text.value = b"hi"
        def main():
            counter = Value("i", 3)
            cells = Array("i", 2)
            point = Value(Point, 1, 2)
            text = Array("c", 4)
            worker = Process(target=child, args=(counter, cells, point, text))
            worker.start(); worker.join()
            print(counter.value, cells[:], point.x, point.y, text.value, text.raw, text[0])
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.printed() == "5 [5, 7] 3 2.0 b'hi' b'hi\\x00\\x00' b'h'\n"
    assert run.names("lock_created") == run.names("value_created") == ["counter", "cells", "point", "text"]
    child, main = "Process-1", "MainProcess"
    assert accesses(run, "counter", child) == [("r", "", 3), ("w", "", 4), ("r", "", 4), ("w", "", 5)]
    assert run.of("value_", name="counter")[1].at == run.line("counts")
    elements = [("s", "[0]", 5), ("r", "[1]", 0), ("w", "[1]", 3), ("w", "[1]", "[7]")]
    assert accesses(run, "cells", child) == elements
    assert accesses(run, "cells", main) == [("r", "[0:2]", "[5, 7]")]
    assert accesses(run, "point") == [("r", ".x", 1), ("w", ".x", 3), ("r", ".x", 3), ("r", ".y", 2.0)]
    whole = "b'hi\\x00\\x00'"
    assert accesses(run, "text") == [
        ("s", "[0:4]", "b'hi'"),
        ("r", "[0:4]", "b'hi'"),
        ("r", "[0:4]", whole),
        ("r", "[0]", "b'h'"),
    ]
    # The locks inside are told where the program acquires them.
    assert run.kinds("lock_", name="counter") == ["lock_created", "lock_acquired", "lock_released"]
    assert run.of("lock_acquired", name="counter")[0].at == run.line("holds")
    assert run.kinds("lock_", name="cells") == ["lock_created", "lock_acquired", "lock_released"]
    assert found(run) == []
    well_formed(run)


def test_values_have_the_names_of_their_locks(trace: Trace) -> None:
    run = trace(
        """
        from multiprocessing import Lock, Value
        door = Lock()
        first, second = Value("i"), Value("i")
        def make():
            counter = Value("i")
            return counter
        one, other = make(), make()
        guarded = Value("i", lock=door)
        del one
        again = Value("i")
        """
    )
    state = state_of(run.events)
    # "again" has taken the place of the first "counter", in memory too.
    assert sorted(cells.name for cells in state.cells.values()) == ["again", "counter-2", "first", "guarded", "second"]
    assert [lock.name for lock in state.locks.values()] == ["door", "first", "second", "counter", "counter-2", "again"]


ODD = {
    "what raises": """
        import ctypes
        from multiprocessing import Array, Value
        numbers, letter, short = Array("i", 3), Value("c", b"x"), Value("b", 1)
        def attempt(do, *args):
            try: print(do(*args))
            except Exception as error: print(type(error).__name__, error)
        attempt(numbers.__getitem__, 3)
        attempt(numbers.__getitem__, -4)
        attempt(numbers.__setitem__, 3, 1)
        attempt(numbers.__setitem__, 0, "x")
        attempt(numbers.__getitem__, "a")
        attempt(numbers.__getitem__, slice(0, 3, 0))
        attempt(setattr, letter, "value", 1)
        attempt(setattr, letter, "value", "é")
        attempt(setattr, short, "valu", 1)
        attempt(lambda: short.valu)
        attempt(lambda: short.nothing)
        short.value = 300
        print(short.value, letter.value, numbers[:])
        attempt(short.get_lock().release)
    """,
    "what an array takes for an index": """
        from multiprocessing import Array
        class Three:
            def __index__(self): print("asked"); return 3
        numbers = Array("i", range(10))
        numbers[True] = 77
        numbers[Three()] += 1
        print(numbers[::3], numbers[8:2:-2], numbers[-3:], numbers[5:5], list(numbers), len(numbers), 77 in numbers)
        numbers[2:4] = [1, 2]
        numbers[::5] = [8, 9]
        print(numbers[:], sum(numbers), [*map(str, numbers)])
    """,
    "what a structure has": """
        import ctypes
        from multiprocessing import Value
        class Inner(ctypes.Structure):
            _fields_ = [("deep", ctypes.c_int)]
        class Outer(ctypes.Structure):
            _fields_ = [("flag", ctypes.c_bool), ("inner", Inner), ("row", ctypes.c_int * 2), ("bits", ctypes.c_int, 3)]
        shared = Value(Outer, True)
        shared.inner.deep, shared.row[1], shared.bits = 4, 5, 3
        inner = shared.inner
        inner.deep += 1
        print(shared.flag, shared.inner.deep, shared.row[:], shared.bits, type(shared).__name__, type(shared.inner))
        shared.new = 1
        print(shared.new, shared.get_obj().inner.deep)
        same = Value(Outer)
        print(type(same) is type(shared), same.flag, sorted(name for name in dir(same) if name[0] != "_"))
    """,
    "memory that goes by another name": """
        import ctypes
        from multiprocessing import Array, Value
        from multiprocessing.sharedctypes import RawArray, RawValue, copy, synchronized
        numbers, text, raw = Array("i", 3), Array("c", 8), RawValue("i", 2)
        memoryview(numbers.get_obj()).cast("B").cast("i")[1] = 9
        text.value, text.raw = b"one", b"two\\0more"
        print(numbers[:], text.value, text.raw, text[:3], repr(text)[:26])
        wrapped = synchronized(raw)
        wrapped.value += 1
        print(raw.value, wrapped.value, type(wrapped).__name__, synchronized(copy(raw)).value)
        plain = synchronized(ctypes.c_int(5))
        plain.value += 1
        print(plain.value, RawArray("i", [1, 2])[:], Value("i", 7, lock=False).value)
    """,
    "a lock that is held": """
        import threading
        from multiprocessing import Array, Lock, Semaphore, Value, RLock
        shared = RLock()
        one, two = Value("i", 1, lock=shared), Array("i", 2, lock=shared)
        with one:
            two[0] += one.value
        with two.get_lock(), one.get_lock():
            one.value += two[0]
        print(one.value, two[:])
        single = Value("i", 1, lock=Lock())
        print(single.value, single.acquire(), single.get_lock().acquire(False), single.release(), single.value)
        other = Value("i", 5)
        def read(): print("read", other.value)
        with other.get_lock():
            thread = threading.Thread(target=read)
            thread.start()
            thread.join(0.1)
            other.value += 1
        thread.join()
        print(other.get_lock().acquire(False), other.get_lock())
    """,
    "what stands where it is not expected": """
        import pickle
        from multiprocessing import Array, Value
        from multiprocessing.sharedctypes import Synchronized, SynchronizedArray, SynchronizedString
        value, array = Value("i", 1), Array("c", 2)
        for thing in (value, array):
            try: pickle.dumps(thing)
            except RuntimeError as error: print(error)
        print(type(Synchronized.value), type(SynchronizedString.raw), type(SynchronizedArray.__getitem__))
        print(Synchronized.value.__doc__, sorted(name for name in vars(Synchronized) if name[:2] != "__"))
        class Doubled(Synchronized):
            @property
            def value(self): return super().value * 2
        print(Doubled(value.get_obj(), value.get_lock()).value)
    """,
}


@pytest.mark.parametrize("what", ODD)
def test_values_and_arrays_are_as_ever(
    trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text(textwrap.dedent(ODD[what]))
    out, err, code = without_a_tracer(tmp_path / "program.py", tmp_path)
    assert "Traceback" not in err
    run = trace(ODD[what], None)
    assert (run.printed(), run.printed("stderr"), run.exit_code) == (out, err, code)
    well_formed(run)


def test_a_traceback_is_as_ever(trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for line in ("Value('i').value = 'x'", "Array('i', 2)[5]", "Array('i', 2)[1] = 'x'", "Array('c', 2).raw = b'long'"):
        program = f"from multiprocessing import Array, Value\nfrom multiprocessing import Process\n{line}\n"
        run = trace(program)
        assert (run.printed("stderr"), run.exit_code) == without_a_tracer(run.path, tmp_path)[1:]
        assert run.exit_code == 1


def test_a_brief_wait_for_the_lock_inside_is_not_told_and_a_long_one_ends_with_the_access(trace: Trace) -> None:
    run = trace(
        """
        from multiprocessing import Event, Process, Value
        def child(counter, held):
            held.wait()
            counter.value += 1
        if __name__ == "__main__":
            counter, held = Value("i"), Event()
            worker = Process(target=child, args=(counter, held))
            worker.start()
            with counter.get_lock():
                held.set()
                worker.join(0.5)  # it waits for this lock
            worker.join()
        """
    )
    assert run.exit_code == 0, run.printed("stderr")
    child = [event.kind for event in run.of("lock_", "value_", name="counter") if event.process == "Process-1"]
    assert child == ["lock_waiting", "value_read", "value_written"]
    state = state_of(run.events)
    assert [wait.process for wait in state.waits if wait.kind == "lock_waiting"] == ["Process-1"]
    assert not any(process.waits for process in state.processes.values())


def test_who_waits_for_ever_for_the_lock_inside_is_seen(trace: Trace) -> None:
    run = trace(
        """
        from multiprocessing import Lock, Value
        counter = Value("i", lock=Lock())
        counter.acquire()
        counter.get_lock().acquire(timeout=0.1)
        import signal
        def handler(*_): raise TimeoutError
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        try: counter.value  # waits
        except TimeoutError: print("interrupted")
        """
    )
    assert run.printed() == "interrupted\n"
    waits = run.of("lock_waiting")
    assert [event.at for event in waits][-1] == run.line("waits")
    assert run.events[-1].kind != "lock_waiting"
    assert run.kinds("lock_", "value_")[-2:] == ["lock_waiting", "lock_refused"]


# What a manager has ------------------------------------------------------------------------------------------


def test_what_a_manager_has(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        from multiprocessing import Manager, Process
        def child(shared, numbers, space, value, row):
            shared["sum"] = shared["sum"] + 1  # counts
            shared[2, "b"] = None
            shared["sum"] += shared.get("none", 5)
            numbers[0] = numbers[1] + 2
            numbers.append(4)
            space.x += 1
            value.value = value.value * 2
            row[1] += 3
            shared["found"].append(1)  # in vain
            space.words.append(1)
            found = shared["found"]
            found.append(2)
            shared["found"] = found
            shared["inner"].append(3)
        def main():
            with Manager() as manager:
                shared = manager.dict(sum=0, found=[])
                shared["inner"] = manager.list()
                numbers = manager.list([1, 2])
                space = manager.Namespace()
                space.x, space.words = 1, []
                value, row = manager.Value("i", 4), manager.Array("i", [0, 1])
                worker = Process(target=child, args=(shared, numbers, space, value, row))
                worker.start(); worker.join()
                print(worker.exitcode, shared["sum"], numbers[:], space.x, space.words, value.value, row[1])
                print(shared["found"], shared["inner"][:], len(shared), list(shared.keys()))
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    keys = "['sum', 'found', 'inner', (2, 'b')]"
    assert run.printed() == f"0 6 [4, 2, 4] 2 [] 8 4\n[2] [3] 4 {keys}\n"
    child = "Process-2"
    of_dict = [each for each in accesses(run, "shared", child) if each[1] != "['inner']"]
    assert of_dict == [
        *(("r", "['sum']", 0), ("w", "['sum']", 1), ("s", "[(2, 'b')]", None)),
        *(("r", "['sum']", 1), ("r", "['none']", 5), ("w", "['sum']", 6)),
        *(("r", "['found']", "[]"), ("r", "['found']", "[]"), ("w", "['found']", "[2]")),
    ]
    assert accesses(run, "numbers", child) == [("r", "[1]", 2), ("w", "[0]", 4)]
    assert [event.fields["method"] for event in run.of("value_changed", name="numbers")] == ["append"]
    assert accesses(run, "space", child) == [("r", ".x", 1), ("w", ".x", 2), ("r", ".words", "[]")]
    assert accesses(run, "value", child) == [("r", "", 4), ("w", "", 8)]
    assert accesses(run, "row", child) == [("r", "[1]", 1), ("w", "[1]", 4)]
    copies = [(place_words(event), event.fields["value"]) for event in run.of("value_copy_changed")]
    assert copies == [("['found']", "list"), (".words", "list")]
    assert run.of("value_copy_changed")[0].at == run.line("in vain")
    assert run.of("value_read", name="shared")[0].at == run.line("counts")
    assert found(run) == ["copy_changed", "copy_changed"]
    calls = run.kinds("manager_called", "manager_answered")
    assert calls.count("manager_called") == calls.count("manager_answered")
    looked = {event.fields["method"] for event in run.of("manager_answered") if event.object is not None}
    assert looked == {"__getitem__", "get", "__getattribute__", "__len__", "keys"}
    well_formed(run)


def test_a_manager_of_the_programs_own(trace: Trace) -> None:
    run = trace(
        """
        from collections import defaultdict
        from multiprocessing.managers import BaseManager, DictProxy
        class Counter:
            def __init__(self): self.value = 0
            def get(self): return self.value
            def set(self, value): self.value = value
        class Own(BaseManager): pass
        Own.register("Counter", Counter)
        Own.register("words", defaultdict, DictProxy)
        if __name__ == "__main__":
            with Own() as own:
                counter, words = own.Counter(), own.words(list)
                counter.set(counter.get() + 1)
                words["a"].append(1)
                words["b"] = words["a"] + [2]
                try: words["c"]["d"]
                except TypeError as error: print(error)
                try: words[[]]
                except TypeError as error: print(error)
                print(counter.get(), words.copy())
        """
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.names("value_created") == ["words"], "nobody knows what the methods of a Counter do"
    assert accesses(run, "words") == [
        ("r", "['a']", "[]"),
        ("r", "['a']", "[]"),
        ("w", "['b']", "[2]"),
        ("r", "['c']", "[]"),
    ]
    assert found(run) == ["copy_changed"]
