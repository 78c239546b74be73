"""Pool and ProcessPoolExecutor, in real processes, under each start method; and the picture that their events draw."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from procsim.findings import Finding, Outcome
from procsim.findings.hangs import hangs
from procsim.findings.pools import worker_died
from procsim.running.launch import launch
from procsim.running.order import Order
from procsim.state.apply import apply, state_of
from procsim.state.run_state import RunState
from procsim.views.words import state_words
from procsim.wire.events import KINDS
from procsim.wire.run_folder import Settings
from tests.events import Story

from .conftest import HANG_SECONDS, PROGRAMS, Recording, Trace
from .test_tracer_harmless import without_a_tracer

WORK = """
import multiprocessing as mp, os, sys
from concurrent.futures import ProcessPoolExecutor, as_completed, wait

def square(number):
    return number * number

def wrong(number):
    raise KeyError(number)

def main():
    # what
"""


def traced(trace: Trace, start_method: str | None, body: str) -> Recording:
    """A program that does this in its `main`."""
    indented = "".join(f"    {line}\n" for line in body.strip().splitlines())
    run = trace(WORK + indented + "\nif __name__ == '__main__':\n    main()\n", start_method)
    for event in run.of("pool_"):
        assert set(event.fields) == set(KINDS[event.kind])
    return run


def tasks_are_answered_by_who_took_them(run: Recording) -> None:
    """Each task is taken once, after it was submitted, and ended by the worker that took it."""
    submitted: set[Any] = set()
    open_tasks: dict[int, Any] = {}
    seen: Counter[Any] = Counter()
    for event in run.of("pool_"):
        task = (event.object, event.fields.get("job"), event.fields.get("task"))
        if event.kind == "pool_submitted":
            submitted.add(task[:2])
        elif event.kind == "pool_task_began":
            assert task[:2] in submitted
            assert event.pid not in open_tasks
            open_tasks[event.pid] = task
            seen[task] += 1
        elif event.kind == "pool_task_ended":
            assert open_tasks.pop(event.pid) == task
    assert not open_tasks
    assert set(seen.values()) == {1}


def waits_end(run: Recording) -> None:
    """Whoever waits for a result does nothing else meanwhile, and gets it, or is told that there is none."""
    waiting: dict[Any, Any] = {}
    for event in run.of("pool_result_"):
        thread = (event.pid, event.thread)
        if event.kind == "pool_result_waiting":
            assert thread not in waiting
            assert event.fields["native_id"] > 0
            waiting[thread] = (event.object, event.at, event.fields["job"])
        else:
            assert waiting.pop(thread) == (event.object, event.at, event.fields["job"])
    assert not waiting


POOL_CALLS = {
    "pool.map(square, range(9), chunksize=2)": ("square", 5),
    "pool.map_async(square, range(4), 4).get()": ("square", 1),
    "pool.starmap(pow, [(1, 2), (3, 4)], 1)": ("pow", 2),
    "pool.starmap_async(pow, [(1, 2)]).get()": ("pow", 1),
    "pool.apply(square, (3,))": ("square", 1),
    "pool.apply_async(int, ('3',)).get(30)": ("int", 1),
    "list(pool.imap(square, range(3)))": ("square", 3),
    "list(pool.imap(square, [1, 2, 3], 2))": ("square", 2),
    "sorted(pool.imap_unordered(square, iter([1, 2, 3]), 2))": ("square", None),
}


def test_pool(trace: Trace, start_method: str) -> None:
    calls = "".join(f"    print({call})\n" for call in POOL_CALLS)
    run = traced(trace, start_method, f"with mp.Pool(2) as pool:\n{calls}    pool.close()\n    pool.join()")
    assert run.exit_code == 0, run.printed("stderr")
    tasks_are_answered_by_who_took_them(run)
    waits_end(run)
    (created,) = run.of("pool_created")
    assert (created.fields["name"], created.fields["type"], created.fields["workers"]) == ("pool", "Pool", 2)
    submitted = run.of("pool_submitted", name="pool")
    assert [(event.fields["function"], event.fields["tasks"]) for event in submitted] == list(POOL_CALLS.values())
    ended = Counter(event.fields["job"] for event in run.of("pool_task_ended", name="pool"))
    assert [ended[event.fields["job"]] for event in submitted] == [tasks or 2 for _, tasks in POOL_CALLS.values()]
    assert sum(event.fields["items"] for event in run.of("pool_task_ended")) == 9 + 4 + 2 + 1 + 1 + 1 + 3 + 3 + 3
    workers = run.of("pool_worker_began", name="pool")
    assert {event.process.partition("PoolWorker")[2] for event in workers} == {"-1", "-2"}
    assert {event.pid for event in run.of("pool_task_")} <= {event.pid for event in workers}
    lines = run.path.read_text().splitlines()
    assert {event.at for event in run.of("pool_task_began") if event.fields["function"] == "square"} == {
        f"program.py:{lines.index('def square(number):') + 1}"
    }
    assert run.kinds("pool_join_waiting", "pool_joined")[-1:] in (["pool_joined"], [])
    assert not run.of("queue_", "lock_", "pipe_"), "what is inside a pool is not the program's own"


def test_a_pool_is_told_of_before_its_workers(trace: Trace, start_method: str) -> None:
    run = traced(trace, start_method, "pool = mp.Pool(1)\npool.close()\npool.join()")
    kinds = run.kinds("pool_created", "process_created", "process_started", "pool_worker_began")
    assert kinds[0] == "pool_created"


EXECUTOR = """
with ProcessPoolExecutor(2) as executor:
    future = executor.submit(square, 4)
    print(future.result(timeout=30))
    print(executor.submit(wrong, 1).exception())
    print(list(executor.map(square, range(5), chunksize=3)))
    futures = [executor.submit(square, number) for number in range(3)]
    print(sorted(future.result() for future in as_completed(futures)))
    print(len(wait([executor.submit(square, number) for number in range(3)]).done))
    future.result()
"""


def test_executor(trace: Trace, start_method: str) -> None:
    run = traced(trace, start_method, EXECUTOR)
    assert run.exit_code == 0, run.printed("stderr")
    assert run.printed() == "16\n1\n[0, 1, 4, 9, 16]\n[0, 1, 4]\n3\n"
    tasks_are_answered_by_who_took_them(run)
    waits_end(run)
    (created,) = run.of("pool_created")
    assert created.fields == {"name": "executor", "type": "ProcessPoolExecutor", "workers": 2}
    submitted = run.of("pool_submitted", name="executor")
    assert [event.fields["job"] for event in submitted] == list(range(10))
    assert [event.fields["function"] for event in submitted] == ["square", "wrong"] + ["square"] * 8
    items = {event.fields["job"]: event.fields["items"] for event in run.of("pool_task_ended")}
    assert items == dict.fromkeys(range(10), 1) | {2: 3, 3: 2}
    timeouts = {event.fields["job"]: event.fields["timeout"] for event in run.of("pool_result_waiting")}
    assert timeouts.get(0, 30) == 30
    assert not run.of("queue_created")


def test_a_result_that_does_not_come_in_time(trace: Trace, start_method: str) -> None:
    run = traced(
        trace,
        start_method,
        """
from procsim import say
gate = mp.Pipe()
with mp.Pool(1) as pool:
    late = pool.apply_async(gate[0].recv)
    for wait_for_it in (late.get, late.wait):
        try: wait_for_it(0.01)
        except mp.TimeoutError: print("too late")
    iterator = pool.imap(square, [2])
    try: iterator.next(timeout=0.01)
    except mp.TimeoutError: print("too late")
    gate[1].send("now")
    print(late.get(), next(iterator))
""",
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.printed() == "too late\n" * 2 + "now 4\n"
    assert run.kinds("pool_result_")[:6] == ["pool_result_waiting", "pool_result_missed"] * 3
    assert run.kinds("pool_result_").count("pool_result_missed") == 3
    assert all(event.fields["took"] >= 10_000_000 for event in run.of("pool_result_missed"))
    waits_end(run)


def test_threads_are_no_processes(trace: Trace) -> None:
    run = traced(
        trace,
        None,
        """
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
with ThreadPool(2) as pool:
    print(pool.map(square, range(3)), list(pool.imap(square, range(3))), pool.apply(square, (3,)))
with ThreadPoolExecutor(2) as executor:
    print(list(executor.map(square, range(3))), len(wait([executor.submit(square, 1)]).done))
""",
    )
    assert run.printed() == "[0, 1, 4] [0, 1, 4] 9\n[0, 1, 4] 1\n"
    assert not run.of("pool_")


def test_what_a_task_is_called(trace: Trace) -> None:
    run = trace(
        """
        import abc, functools
        from multiprocessing import Pool
        class Shape(abc.ABC):
            def __init__(self, side): self.side = side
            def area(self): return self.side ** 2
            def __call__(self, x): return x
            __hash__ = None
            def __eq__(self, other): raise ValueError
            def __getattr__(self, name):
                if name.startswith("__"): raise AttributeError
                print("asked for", name)
        def scaled(factor, x): return factor * x
        def main():
            with Pool(1) as pool:
                for call in (Shape(2).area, Shape(2), functools.partial(scaled, 2), len, str.upper, Shape, abs):
                    pool.apply_async(call, ("x",) if call is not abs else (-1,)).wait()
        if __name__ == "__main__":
            main()
        """
    )
    names = ["Shape.area", "Shape", "scaled", "len", "method_descriptor", "Shape", "abs"]
    assert [event.fields["function"] for event in run.of("pool_submitted")] == names
    assert [event.fields["function"] for event in run.of("pool_task_began")] == names
    assert "asked for" not in run.printed()


UNNOTICED = {
    "exceptions and their tracebacks": """
        for call in (lambda: pool.apply(wrong, (1,)), lambda: pool.map(wrong, [1]), lambda: next(pool.imap(wrong, [1])),
                     executor.submit(wrong, 1).result, lambda: list(executor.map(wrong, [1]))):
            try: call()
            except KeyError as error:  # a Future raises from one line or another, whether it had to wait or not
                print([(frame.filename, frame.name) for frame in traceback.extract_tb(error.__traceback__)])
                print(error.__cause__)
        pool.map(wrong, [2])
    """,
    "results that cannot be pickled, and huge ones": """
        for call in (lambda: pool.apply(unpicklable), lambda: executor.submit(unpicklable).result()):
            try: call()
            except Exception as error: print(type(error).__name__, str(error)[:20])
        print(len(pool.apply(bytes, (5_000_000,))), len(executor.submit(bytes, 5_000_000).result()))
    """,
    "arguments that cannot be pickled": """
        for call in (lambda: pool.apply(abs, (lambda: 1,)), lambda: executor.submit(abs, lambda: 1).result()):
            try: call()
            except Exception as error: print(type(error).__name__)
    """,
    "a worker that does a number of tasks, and one that ends": """
        few = context.Pool(1, initializer=square, initargs=(1,), maxtasksperchild=1)
        print(few.map(square, range(3), 1)); few.close(); few.join()
        with context.Pool(1) as dying:
            try: dying.apply_async(os._exit, (3,)).get(0.3)
            except mp.TimeoutError: print("never")
            print(dying.apply(square, (2,)))
            try: dying.apply_async(sys.exit, (3,)).get(0.3)
            except mp.TimeoutError: print("never")
        try: executor.submit(os._exit, 3).result()
        except Exception as error: print(type(error).__name__)
        try: executor.submit(square, 3)
        except Exception as error: print(type(error).__name__)
    """,
    "an initializer that fails": """
        failing = ProcessPoolExecutor(1, mp_context=context, initializer=wrong, initargs=(5,))
        try: failing.submit(square, 3).result()
        except Exception as error: print(type(error).__name__)
    """,
    "calls that are refused": """
        for wrong_call in (lambda: mp.Pool(0), lambda: ProcessPoolExecutor(0), pool.join,
                           lambda: pool.imap(square, [1], 0)):
            try: wrong_call()
            except ValueError as error: print(error)
        pool.close()
        try: pool.map(square, [1])
        except ValueError as error: print(error)
        executor.shutdown()
        try: executor.submit(square, 1)
        except RuntimeError as error: print(error)
        pool.join(); pool.terminate()
    """,
    "nothing is kept alive": """
        import gc, weakref
        gc.disable()
        result, iterator, future = pool.apply_async(square, (1,)), pool.imap(square, [1]), executor.submit(square, 1)
        print(result.get(), list(iterator), future.result())
        references = [weakref.ref(thing) for thing in (result, iterator, future)]
        del result, iterator, future
        pool.map(square, range(20)); executor.submit(square, 1).result(); pool.apply(square, (1,))
        print([reference() for reference in references])
    """,
    "an alarm, and a cancelled future": """
        import signal
        class Alarm(Exception): pass
        def ring(*_): raise Alarm
        signal.signal(signal.SIGALRM, ring)
        busy = context.Pool(1); slow = busy.apply_async(time.sleep, (60,)); never = busy.imap(time.sleep, [60])
        for wait_for_it in (slow.get, slow.wait, never.next):
            try: signal.setitimer(signal.ITIMER_REAL, 0.05); wait_for_it()
            except Alarm: print("rang")
        busy.terminate(); busy.join()
        reader, writer = os.pipe()
        futures = [executor.submit(os.read, reader, 1) for _ in range(9)]
        print(futures[-1].cancel(), futures[-1].cancelled())
        try: futures[-1].result()
        except BaseException as error: print(type(error).__name__)
        os.write(writer, b"x" * 8)
        print([future.result() for future in futures[:-1]])
    """,
    "workers that are not traced": """
        os.environ.pop("PROCSIM_RUN", None); os.environ.pop("PYTHONPATH", None)
        mp.spawn.set_executable(sys.executable)
        spawning = mp.get_context("spawn")
        spawn_preparation = mp.spawn.get_preparation_data
        mp.spawn.get_preparation_data = lambda name: {
            key: value for key, value in spawn_preparation(name).items() if key != "procsim"}
        with spawning.Pool(1) as other: print(other.map(square, range(3)))
        with ProcessPoolExecutor(1, mp_context=spawning) as other: print(list(other.map(square, range(3))))
    """,
}

UNNOTICED_HEAD = """
import multiprocessing as mp, multiprocessing.spawn, os, sys, time, traceback
from concurrent.futures import ProcessPoolExecutor

def square(number):
    return number * number

def wrong(number):
    raise KeyError(number)

def unpicklable():
    return lambda: None

def main():
    context = mp.get_context("fork")
    with context.Pool(2) as pool, ProcessPoolExecutor(2, mp_context=context) as executor:
"""


@pytest.mark.parametrize("what", UNNOTICED)
def test_the_program_does_not_notice(trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.chdir(tmp_path)
    program = UNNOTICED_HEAD.lstrip() + UNNOTICED[what] + "\nif __name__ == '__main__':\n    main()\n"
    (tmp_path / "program.py").write_text(program)
    out, err, code = without_a_tracer(tmp_path / "program.py", tmp_path)
    run = trace(program, None)
    assert (run.printed(), run.printed("stderr"), run.exit_code) == (out, err, code)
    assert run.of("pool_submitted") or what == "calls that are refused"


# The picture -------------------------------------------------------------------------------------------------


def a_pool(*workers: int, type: str = "Pool") -> Story:
    """The first process makes a pool of these workers, and gives it a job of three tasks."""
    story = Story().began(1).tell(1, "pool_created", 5, "x.py:1", name="pool", type=type, workers=len(workers))
    for pid in workers:
        story.tell(pid, "process_began", parent=1, daemon=True).tell(pid, "pool_worker_began", 5)
    return story.tell(1, "pool_submitted", 5, "x.py:2", job=7, function="square", tasks=3)


def took(story: Story, pid: int, task: int, kind: str = "pool_task_began", job: int = 7) -> Story:
    return story.tell(pid, kind, 5, job=job, task=task, items=1, function="square")


def waits(story: Story, job: int | None = 7) -> Story:
    return story.tell(1, "pool_result_waiting", 5, "x.py:3", job=job, timeout=None, native_id=1)


def test_who_works_on_which_task() -> None:
    story = took(took(a_pool(2, 3), 2, 0), 2, 0, "pool_task_ended")
    run = state_of(took(story, 3, 1).events)
    pool = run.pools[5]
    assert (pool.name, pool.size, pool.submitted, pool.taken, pool.done) == ("pool", 2, 3, 2, 1)
    assert [worker.pid for worker in run.workers_of(pool)] == [2, 3]
    assert run.processes[2].task is None
    task = run.processes[3].task
    assert task is not None
    assert (task.pool, task.number, task.job, task.function) == (5, 2, 7, "square")
    assert [state_words(run, run.processes[pid], {})[0] for pid in (2, 3)] == ["idle", "works on square (task 2)"]
    assert run.pool_named("pool") is pool


def test_tasks_that_cannot_be_counted_beforehand_count_when_they_are_taken() -> None:
    story = a_pool(2).tell(1, "pool_submitted", 5, "x.py:4", job=8, function="square", tasks=None)
    assert state_of(story.events).pools[5].submitted == 3
    assert state_of(took(took(story, 2, 0), 2, 0, job=8).events).pools[5].submitted == 4


def test_who_waits_for_a_result() -> None:
    story = waits(a_pool(2))
    (wait,) = state_of(story.events).now_waiting()
    assert (wait.kind, wait.object, wait.job, wait.at) == ("pool_result_waiting", 5, 7, "x.py:3")
    missed = state_of(story.tell(1, "pool_result_missed", 5, "x.py:3", job=7, took=1).events)
    assert not list(missed.now_waiting())
    assert [event.kind for event in missed.refused] == ["pool_result_missed"]


def found(story: Story, outcome: Outcome | None = None) -> list[Finding]:
    return list(worker_died(state_of(story.events), outcome or Outcome()))


@pytest.mark.parametrize(("code", "told"), [(-9, {"signal": "SIGKILL"}), (0, {}), (3, {})])
def test_a_worker_that_died_with_a_task(code: int, told: dict[str, Any]) -> None:
    story = waits(took(a_pool(2, 3), 2, 0)).tell(2, "process_ended", exit_code=code)
    (finding,) = found(story)
    assert finding.id == "pool_worker_died"
    (waiting,) = finding.figures["standing"]
    assert finding.figures == told | {
        "process": "p2", "pid": 2, "worker_pid": 2, "exit_code": code, "object": "pool", "made": "x.py:1",
        "function": "square", "standing": [waiting],
    }  # fmt: skip
    assert (waiting["pid"], waiting["kind"], waiting["at"]) == (1, "pool_result_waiting", "x.py:3")
    assert "BrokenProcessPool" in finding.cure


def test_a_hang_for_a_lost_result_has_one_cause() -> None:
    story = waits(took(a_pool(2, 3), 2, 0)).tell(2, "process_ended", exit_code=1)
    story.tell(1, "process_stuck", 5, wait="pool_result_waiting", open_in=(), in_message=False)
    story.tell(3, "process_stuck", wait="system_read_waiting", open_in=(1,), in_message=False)
    (finding,) = hangs(state_of(story.events))
    assert finding.id == "pool_worker_died"
    assert [row["pid"] for row in finding.figures["standing"]] == [1, 3]
    assert not found(story.tell(0, "finding", id=finding.id, figures=finding.figures)), "it is told already"


def test_a_worker_that_procsim_ends_because_of_a_hang_is_not_its_cause() -> None:
    story = waits(took(a_pool(2), 2, 0))
    story.tell(1, "process_stuck", 5, wait="pool_result_waiting", open_in=(), in_message=False)
    (finding,) = hangs(state_of(story.tell(2, "process_ended", exit_code=-9).events))
    assert finding.id == "standstill"


def test_who_waits_for_another_result_does_not_wait_for_this_one() -> None:
    story = took(a_pool(2, 3), 2, 0).tell(2, "process_ended", exit_code=1)
    assert [finding.figures["standing"] for finding in found(waits(story, job=8))] == [[]]


def test_a_worker_whose_death_is_no_surprise() -> None:
    assert not found(took(a_pool(2), 2, 0)), "it still works"
    answered = took(took(a_pool(2), 2, 0), 2, 0, "pool_task_ended")
    assert not found(answered.tell(2, "process_ended", exit_code=-9)), "it had answered"
    terminated = took(a_pool(2), 2, 0).tell(1, "process_terminated", child=2, child_name="p2")
    assert not found(terminated.tell(2, "process_ended", exit_code=-15)), "by the program"
    assert not found(took(a_pool(2), 2, 0).tell(2, "process_ended", exit_code=-15)), (
        "a daemon, at the end of its parent"
    )
    killed = took(a_pool(2), 2, 0).tell(2, "process_ended", exit_code=-9)
    assert not found(killed, Outcome(ended=frozenset({2}))), "by procsim"
    executor = took(a_pool(2, type="ProcessPoolExecutor"), 2, 0)
    assert not found(executor.tell(2, "process_ended", exit_code=-9)), "an executor tells the program"


# The program that has the finding, and its cure ------------------------------------------------------------------


def test_it_has_the_finding(start_method: str) -> None:
    state = RunState()
    command = [sys.executable, str(PROGRAMS / "hangs" / "pool_worker_died.py")]
    with launch(Order(command, Settings(start_method), timeout=HANG_SECONDS)) as run:
        for batch in run:
            for event in batch:
                apply(state, event)
            if any(finding.figures["standing"] for finding in worker_died(state, Outcome())):
                run.stop()
    assert not run.timed_out
    (finding,) = worker_died(state, Outcome(ended=frozenset(run.ended)))
    line = Recording(Path(command[1])).line("map")
    assert (finding.figures["object"], finding.figures["function"]) == ("squares", "square")
    assert finding.figures["exit_code"] == 1
    assert [(wait["process"], wait["at"]) for wait in finding.figures["standing"]] == [("MainProcess", line)]


def test_the_cured_program_has_no_finding(trace: Trace, start_method: str) -> None:
    run = trace("hangs/pool_worker_died_cured.py", start_method)
    assert run.printed() == "a worker was ended\n"
    assert not list(worker_died(state_of(run.events), Outcome()))
