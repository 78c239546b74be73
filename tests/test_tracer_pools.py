"""Pool and ProcessPoolExecutor, in real processes, under each start method; and the picture that their events draw."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from procsim.findings import Finding, Outcome, findings
from procsim.findings.base import as_fields
from procsim.findings.hangs import hangs
from procsim.findings.pool_tasks import worker_died
from procsim.findings.pool_threads import pools_without_results
from procsim.findings.pools import never_ready
from procsim.running.launch import launch
from procsim.running.order import Order
from procsim.state.apply import apply, state_of
from procsim.state.run_state import RunState
from procsim.views.text.words import state_words
from procsim.wire.events import KINDS
from procsim.wire.run_folder import Settings
from tests.events import Story

from .conftest import HANG_SECONDS, PROGRAMS, Recording, Trace, without_a_tracer

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


def test_a_pool_with_queues_of_another_package(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        import multiprocessing as mp, sys
        from multiprocessing.pool import Pool
        class Bare:
            def __init__(self, context):
                self._reader, self._writer = context.Pipe(duplex=False)
                self._rlock, self._wlock = context.Lock(), context.Lock()
                self.make_methods()
            def make_methods(self):
                self._recv, send = self._reader.recv, self._writer.send
                def get():
                    with self._rlock: return self._recv()
                def put(item):
                    with self._wlock: send(item)
                self.get, self.put, self._send = get, put, send
            def __getstate__(self):
                return self._reader, self._writer, self._rlock, self._wlock
            def __setstate__(self, state):
                self._reader, self._writer, self._rlock, self._wlock = state
                self.make_methods()
        class Own(Pool):
            def _setup_queues(self):
                self._inqueue, self._outqueue = Bare(self._ctx), Bare(self._ctx)
                self._quick_put, self._quick_get = self._inqueue._send, self._outqueue._recv
        if __name__ == "__main__":
            with Own(2, context=mp.get_context()) as pool:
                print(pool.map(abs, [-1, -2, -3], 1))
        """,
        start_method,
    )
    assert run.printed() == "[1, 2, 3]\n"
    tasks_are_answered_by_who_took_them(run)
    assert len(run.of("pool_task_ended")) == 3


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
    assert created.fields == {"name": "executor", "type": "ProcessPoolExecutor", "workers": 2, "max_tasks": None}
    submitted = run.of("pool_submitted", name="executor")
    assert [event.fields["job"] for event in submitted] == list(range(10))
    assert [event.fields["function"] for event in submitted] == ["square", "wrong"] + ["square"] * 8
    items = {event.fields["job"]: event.fields["items"] for event in run.of("pool_task_ended")}
    assert items == dict.fromkeys(range(10), 1) | {2: 3, 3: 2}
    timeouts = {event.fields["job"]: event.fields["timeout"] for event in run.of("pool_result_waiting")}
    assert timeouts.get(0, 30) == 30
    assert not run.of("queue_created")


OF_ANOTHER_PACKAGE = """
import concurrent.futures.process, importlib.util, os, signal, sys
spec = importlib.util.spec_from_file_location("others", concurrent.futures.process.__file__)
others = sys.modules["others"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(others)

def square(number):
    if number == 0:
        raise KeyError(number)
    return number * number

def leave(code):
    os._exit(code)

if __name__ == "__main__":
    with others.ProcessPoolExecutor(2) as executor:  # made
        print(executor.submit(square, 3).result(), list(executor.map(square, [1, 2], chunksize=2)))  # submits
        executor.submit(square, 0)
    with others.ProcessPoolExecutor(1) as second:
        try:
            second.submit(leave, 7).result()
        except others.BrokenProcessPool as error:
            print(repr(error))
"""
"""A module that does what concurrent.futures.process does, as loky has one."""


def test_an_executor_of_another_package(trace: Trace, start_method: str) -> None:
    run = trace(OF_ANOTHER_PACKAGE, start_method)
    assert run.exit_code == 0, run.printed("stderr")
    out, err, code = without_a_tracer(run.path, run.path.parent)
    assert (run.printed(), run.printed("stderr"), run.exit_code) == (out, err, code)
    first, second = run.of("pool_created")
    assert (first.fields["name"], first.fields["type"], first.at) == (
        *("executor", "ProcessPoolExecutor", run.line("made")),
    )
    of_first = [event for event in run.of("pool_submitted", "pool_task_began") if event.object == first.object]
    assert Counter(event.fields["function"] for event in of_first) == {"square": 6}
    assert of_first[0].at == run.line("submits")
    (failed,) = [event for event in run.of("pool_job_failed") if event.object == first.object]
    (raised,) = run.of("pool_task_raised")
    assert (failed.fields["type"], failed.fields["heard"], raised.fields["function"]) == ("KeyError", False, "square")
    waits_end(run)
    (began,) = [event for event in run.of("pool_task_began") if event.object == second.object]
    (ended,) = [event for event in run.of("process_ended") if event.pid == began.pid]
    assert ended.fields["exit_code"] == 7
    assert not run.of("queue_created", "queue_put", "queue_got")
    state = state_of(run.events)
    assert [finding.id for finding in findings(state, Outcome())] == ["errors_unseen"]


def test_the_program_makes_a_class_of_executors_as_ever(trace: Trace) -> None:
    run = trace(
        """
        from concurrent.futures import Executor, ThreadPoolExecutor
        class Marked:
            def __init_subclass__(cls, mark=None, **others):
                super().__init_subclass__(**others)
                cls.mark = mark
        class Both(Executor, Marked, mark=3):
            pass
        class Threads(ThreadPoolExecutor):
            pass
        print(Both.mark, "__init_subclass__" in vars(Both))
        with Threads(1) as threads:
            print(threads.submit(abs, -2).result())
        try:
            class Wrong(Executor, mark=3):
                pass
        except TypeError as error:
            print(error)
        """,
    )
    assert run.printed() == "3 False\n2\nWrong.__init_subclass__() takes no keyword arguments\n"


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


def test_who_asks_whether_a_result_has_come(trace: Trace, start_method: str) -> None:
    run = traced(
        trace,
        start_method,
        """
(one, other), (two, another) = mp.Pipe(), mp.Pipe()  # from one end, two processes would receive parts of a message
with mp.Pool(1) as pool, ProcessPoolExecutor(1) as executor:
    late, future = pool.apply_async(one.recv), executor.submit(two.recv)
    print(late.ready(), late.ready(), future.done(), future.done())  # asks
    other.send("now"), another.send("now")
    late.get(), future.result()
    print(late.ready(), future.done())
""",
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.printed() == "False False False False\nTrue True\n"
    asked = run.of("pool_result_asked")
    assert [event.at for event in asked] == [run.line("asks")] * 2, "once a second for each pool"
    assert len({event.object for event in asked}) == 2


ERRORS = """
with mp.Pool(1) as pool, ProcessPoolExecutor(1) as executor:
    lost = pool.apply_async(wrong, (1,))  # lost
    asked = pool.map_async(wrong, [1, 2], 1)  # asked
    heard = pool.apply_async(wrong, (2,), error_callback=id)  # heard
    unsent = pool.apply_async(square, (mp.Lock(),))  # unsent
    one_by_one = pool.imap(wrong, [3])  # one by one
    pool.close(); pool.join()
    lost.wait(), lost.ready()
    for ask in (asked.get, one_by_one.next, one_by_one.next, executor.submit(wrong, 4).result):  # submits
        try: ask()
        except (KeyError, StopIteration): pass
    done = executor.submit(wrong, 5)  # done
    while not done.done(): pass
"""


def test_results_that_are_errors(trace: Trace, start_method: str) -> None:
    run = traced(trace, start_method, ERRORS)
    assert run.exit_code == 0, run.printed("stderr")
    failed = {event.fields["submitted"]: event.fields for event in run.of("pool_job_failed")}
    lines = {mark: run.line(mark) for mark in ("lost", "asked", "heard", "unsent", "one by one", "submits", "done")}
    assert set(failed) == set(lines.values())
    assert {mark for mark, line in lines.items() if failed[line]["heard"]} == {"heard"}
    unsent = failed.pop(lines["unsent"])
    assert (unsent["function"], unsent["type"], unsent["during"], unsent["inherited"]) == (
        *("square", "RuntimeError", "sending", "Lock"),
    )
    for fields in failed.values():
        assert (fields["function"], fields["type"], fields["during"], fields["inherited"]) == (
            *("wrong", "KeyError", None, None),
        )
    seen = [event.fields["submitted"] for event in run.of("pool_error_seen")]
    assert seen == [lines["asked"], lines["one by one"], lines["submits"]]
    raised = run.of("pool_task_raised")
    assert {event.at for event in raised} == {f"program.py:{run.path.read_text().splitlines().index(RAISES) + 1}"}
    assert [event.fields["text"] for event in raised if event.object == run.identity("pool")] == [
        "1",
        "1",
        "2",
        "2",
        "3",
    ]
    assert {event.pid for event in raised} == {event.pid for event in run.of("pool_worker_began")}


RAISES = "    raise KeyError(number)"


def test_an_error_that_is_asked_for_in_the_moment_in_which_it_comes(trace: Trace) -> None:
    run = traced(
        trace,
        "fork",
        """
def until_it_comes(ask):
    while True:
        try:
            ask(0)
        except (TimeoutError, mp.TimeoutError):
            continue
        except KeyError:
            return
with mp.Pool(1) as pool, ProcessPoolExecutor(1) as executor:
    for _ in range(15):
        until_it_comes(executor.submit(wrong, 1).result)
        until_it_comes(pool.imap_unordered(wrong, [1]).next)
    pool.close()
    pool.join()
        """,
    )
    assert run.exit_code == 0, run.printed("stderr")
    failed = run.of("pool_job_failed")
    assert len(failed) == 30
    seen = Counter((event.object, event.fields["job"]) for event in run.of("pool_error_seen"))
    assert set(seen) == {(event.object, event.fields["job"]) for event in failed if not event.fields["heard"]}


def test_threads_of_a_pool_that_end(trace: Trace) -> None:
    run = traced(
        trace,
        None,
        """
import threading
threading.excepthook = lambda arguments: None
pools = []
for call in (lambda pool: pool.apply_async(square, (2,), callback=sys.intern),
             lambda pool: pool.apply_async(square, (2,), callback=sys.exit),
             lambda pool: pool.apply_async(square, (lambda: 1,), error_callback=sys.intern)):
    pool = mp.Pool(1)
    pools.append(pool)
    call(pool)
    ends = pool._task_handler if "lambda" in str(call.__code__.co_consts) else pool._result_handler
    ends.join()
other = threading.Thread(target=wrong, args=(1,)); other.start(); other.join()
os._exit(0)  # without that thread, terminate() of a pool waits for ever
""",
    )
    assert run.exit_code == 0, run.printed("stderr")
    pools = [event.object for event in run.of("pool_created")]
    ended = [(event.object, event.fields["helper"], event.fields["type"]) for event in run.of("thread_raised")]
    assert ended == [
        (pools[0], "results", "TypeError"),
        (pools[1], "results", "SystemExit"),
        (pools[2], "tasks", "TypeError"),
        (None, None, "KeyError"),
    ]


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
        except Exception as error: print(type(error).__name__, flush=True)
        # Python 3.12 and 3.13 often never come to the end of such an executor, also without a tracer.
        pool.terminate(); pool.join(); os._exit(3)
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
    "errors that nobody asks for, and threads of the pool that end": """
        class Odd(Exception):
            def __init__(self, one, other): super().__init__(one)
        for call in (lambda: pool.apply_async(wrong, (1,)), lambda: pool.map_async(wrong, [1, 2], 1),
                     lambda: pool.imap(wrong, [1]), lambda: executor.submit(wrong, 1)):
            failed = call()
            ready = getattr(failed, "ready", None) or getattr(failed, "done", lambda: not pool._cache)
            while not ready(): time.sleep(0.01)
        print([executor.submit(wrong, 1).exception() for _ in range(2)])
        pool.apply_async(abs, (lambda: 1,)).wait()
        for end in (print, lambda number: 1 / number, lambda number: sys.exit("enough")):
            ending = context.Pool(1); ending.apply_async(abs, (0,), callback=end); ending._result_handler.join(0.5)
            print(ending._result_handler.is_alive()); ending._worker_handler._state = "TERMINATE"; ending._cache.clear()
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


def test_a_pool_whose_queue_has_a_lock_that_is_known() -> None:
    story = Story().began(1).lock(5, "_rlock").tell(1, "pool_created", 5, "x.py:1", name="pool", type="Pool", workers=1)
    run = state_of(story.events)
    assert (run.name(5), run.pools[5].type) == ("pool", "Pool")


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
        "process": "p2", "pid": 2, "worker_pid": 2, "ended_pids": [2], "exit_code": code, "object": "pool",
        "made": "x.py:1", "function": "square", "left_at": None, "held": None, "item": None, "error": None,
        "raised_at": None, "standing": [waiting],
    }  # fmt: skip
    assert (waiting["pid"], waiting["kind"], waiting["at"]) == (1, "pool_result_waiting", "x.py:3")
    assert ("os._exit" in finding.cure) == (code >= 0)


def test_a_hang_for_a_lost_result_has_one_cause() -> None:
    story = waits(took(a_pool(2, 3), 2, 0)).tell(2, "process_ended", exit_code=1)
    story.tell(1, "process_stuck", 5, wait="pool_result_waiting", open_in=(), in_message=False)
    story.tell(3, "process_stuck", wait="system_read_waiting", open_in=(1,), in_message=False)
    (finding,) = hangs(state_of(story.events))
    assert finding.id == "pool_worker_died"
    assert [row["pid"] for row in finding.figures["standing"]] == [1, 3]
    assert not found(story.tell(0, "finding", id=finding.id, figures=finding.figures)), "it is told already"


def test_what_a_worker_held_and_had_taken_when_it_died() -> None:
    story = waits(took(a_pool(2, 3).lock(8).queue(6), 2, 0)).tell(1, "queue_put", 6, value="row 3")
    story.tell(2, "queue_got", 6, value="row 3").tell(2, "lock_acquired", 8, "x.py:8", entered=True)
    took(story, 3, 1).tell(3, "lock_waiting", 8, "x.py:8", timeout=None, native_id=1)
    story.tell(2, "process_left", at="x.py:9", exit_code=4).tell(2, "process_ended", exit_code=4)
    story.tell(1, "process_stuck", 5, wait="pool_result_waiting", open_in=(), in_message=False)
    story.tell(3, "process_stuck", 8, "x.py:8", wait="lock_waiting", open_in=(), in_message=False)
    (finding,) = hangs(state_of(story.events))
    assert finding.id == "pool_worker_died"
    assert (finding.figures["held"], finding.figures["item"], finding.figures["left_at"]) == (
        ["mutex"],
        "row 3",
        "x.py:9",
    )


def test_that_a_worker_died_with_a_task_is_said_once() -> None:
    story = took(a_pool(2), 2, 0).tell(1, "process_started", at="x.py:2", child=2, child_name="p2", daemon=True)
    story.tell(2, "process_ended", exit_code=-9).tell(1, "process_ended", exit_code=0)
    assert all_found(story) == ["pool_worker_died"]


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


# Findings about results, threads and workers: where there is none --------------------------------------------------


def failed(story: Story, job: int, during: str | None = None, heard: bool = False) -> Story:
    fields: dict[str, Any] = {
        "function": "square",
        "submitted": "x.py:2",
        "type": "KeyError",
        "text": "3",
        "inherited": None,
    }
    return story.tell(1, "pool_job_failed", 5, job=job, during=during, heard=heard, **fields)


def all_found(story: Story) -> list[str]:
    return [finding.id for finding in findings(state_of(story.events), Outcome())]


def submits(*jobs: int) -> Story:
    story = a_pool(2)
    for job in jobs:
        story.tell(1, "pool_submitted", 5, "x.py:2", job=job, function="square", tasks=1)
    return story


def test_errors_that_nobody_asked_for() -> None:
    story = failed(failed(submits(8, 9), 8), 9)
    assert not all_found(story), "it may still ask"
    raised = story.tell(2, "pool_task_raised", 5, "x.py:9", job=8, function="square", type="KeyError", text="'three'")
    assert all_found(raised.tell(1, "process_returned")) == ["errors_unseen"]
    (finding,) = findings(state_of(story.events), Outcome())
    assert (finding.figures["count"], finding.figures["results"]) == (2, 3)
    assert (finding.figures["submitted"], finding.figures["made"]) == ("x.py:2", "x.py:1")


def test_what_a_task_raised_is_forgotten_when_its_result_has_come() -> None:
    story = submits(8, 9)
    for job in (8, 9):
        story.tell(2, "pool_task_raised", 5, "x.py:9", job=job, function="square", type="KeyError", text="'three'")
        failed(story, job)
    (pool,) = state_of(story.events).pools.values()
    assert not pool.raised


def test_errors_that_somebody_asked_for() -> None:
    assert not all_found(failed(submits(8), 8, heard=True).tell(1, "process_returned"))
    seen = failed(failed(submits(8, 9), 8), 9).tell(
        1, "pool_error_seen", 5, job=8, function="square", submitted="x.py:2"
    )
    assert not all_found(seen.tell(1, "process_returned")), "who has seen one knows that there are errors"
    ended = failed(submits(8), 8).tell(1, "raised", type="ValueError", text="", during=None, subject=None, made=None)
    assert "errors_unseen" not in all_found(ended.tell(1, "process_returned"))


def test_who_waits_for_an_item_that_a_failed_task_was_to_put() -> None:
    story = failed(submits(8), 8, during="sending").queue(6)
    story.tell(1, "queue_get_waiting", 6, "x.py:7", timeout=None, native_id=1)
    story.tell(1, "process_stuck", 6, "x.py:7", wait="queue_get_waiting", open_in=(), in_message=False)
    (finding,) = hangs(state_of(story.events))
    assert (finding.id, finding.figures["awaited"], finding.figures["at"]) == ("errors_unseen", "q", "x.py:7")
    assert finding.sentence == "errors_unseen.not_sent"


def uninitialized(story: Story, *pids: int) -> Story:
    for pid in pids:
        story.tell(pid, "process_began", parent=1, daemon=True).tell(pid, "pool_worker_began", 5)
        fields: dict[str, Any] = {
            "type": "OSError",
            "text": "no",
            "during": "initializing",
            "subject": "connect",
            "made": None,
        }
        story.tell(pid, "raised", at="x.py:8", **fields).tell(pid, "process_ended", exit_code=1)
    return story


def test_workers_that_never_begin() -> None:
    story = uninitialized(a_pool(), *range(20, 30))
    assert not list(never_ready(state_of(story.events))), "it has not lasted long"
    assert all_found(story) == ["pool_initializer_raises"]
    assert "pool_initializer_raises" not in all_found(took(story, 29, 0)), "one has begun"
    assert not all_found(uninitialized(a_pool(), 20)), "once is an exception as any other"
    story = uninitialized(a_pool(), *range(1_000, 1_300))  # a millisecond for each event
    (finding,) = never_ready(state_of(story.events))
    assert (finding.figures["count"], finding.figures["initializer"], finding.figures["at"]) == (
        300,
        "connect",
        "x.py:8",
    )
    assert not list(never_ready(state_of(story.tell(0, "finding", **as_fields(finding)).events))), "it is told already"


def killed_in_initializer(story: Story, *pids: int) -> Story:
    for pid in pids:
        story.tell(pid, "process_began", parent=1, daemon=True).tell(pid, "pool_worker_began", 5)
        story.tell(pid, "pool_initializer_began", 5, "x.py:7", function="load").tell(pid, "process_ended", exit_code=-9)
    return story


def test_workers_that_are_killed_in_the_initializer() -> None:
    (finding,) = findings(state_of(killed_in_initializer(a_pool(), 20, 21).events), Outcome())
    assert (finding.sentence, finding.figures["count"]) == ("pool_initializer_raises.killed", 2)
    assert (finding.figures["initializer"], finding.figures["at"]) == ("load", "x.py:7")
    again = killed_in_initializer(a_pool(), 20, 21).tell(21, "process_ended", exit_code=-9)
    assert state_of(again.events).pools[5].uninitialized_count == 2, "the same end, told twice"
    ready = killed_in_initializer(a_pool(), 20).tell(22, "process_began", parent=1, daemon=True)
    ready.tell(22, "pool_worker_began", 5).tell(22, "pool_initializer_began", 5, function="load")
    ready.tell(22, "pool_initializer_ended", 5).tell(22, "process_ended", exit_code=-9)
    assert "pool_initializer_raises" not in all_found(ready), "one was ready"
    told = a_pool()
    for pid in (20, 21):
        told.tell(pid, "process_began", parent=1, daemon=True).tell(pid, "pool_worker_began", 5)
        told.tell(pid, "pool_initializer_began", 5, function="load").tell(pid, "process_ended", exit_code=-15)
    assert not all_found(told), "the pool was terminated before they were ready"


def test_an_executor_that_broke() -> None:
    executor = took(a_pool(2, 3, type="ProcessPoolExecutor"), 2, 0).tell(2, "process_ended", exit_code=-9)
    executor.tell(1, "process_terminated", child=3, child_name="p3").tell(3, "process_ended", exit_code=-15)
    unseen = failed(executor, 7, during="broken").tell(1, "process_returned")
    finding = next(each for each in findings(state_of(unseen.events), Outcome()) if each.id == "errors_unseen")
    assert (finding.sentence, finding.figures["ended_pids"]) == ("errors_unseen.broken", [2])


def test_a_worker_that_was_killed_is_terminated_before_it_is_quite_gone() -> None:
    executor = took(a_pool(2, type="ProcessPoolExecutor"), 2, 0)
    executor.tell(1, "process_terminated", child=2, child_name="p2").tell(2, "process_ended", exit_code=-9)
    fields: dict[str, Any] = {"type": "BrokenProcessPool", "text": "", "subject": None, "made": None}
    executor.tell(1, "raised", at="x.py:3", during="broken", **fields)
    (finding,) = findings(state_of(executor.events), Outcome())
    assert (finding.sentence, finding.figures["ended_pids"]) == ("raised.broken", [2])
    failing = a_pool(2, type="ProcessPoolExecutor")
    failing.tell(2, "raised", at="x.py:8", type="OSError", text="no", during="initializing", subject="f", made=None)
    failing.tell(1, "process_terminated", child=2, child_name="p2").tell(2, "process_ended", exit_code=-15)
    failing.tell(1, "raised", at="x.py:3", during="broken", **fields)
    (finding,) = findings(state_of(failing.events), Outcome())
    assert (finding.sentence, finding.figures["ended_pids"]) == ("raised.broken", [2])
    asked = took(a_pool(2, type="ProcessPoolExecutor"), 2, 0)
    asked.tell(1, "process_terminated", child=2, child_name="p2").tell(2, "process_ended", exit_code=-15)
    asked.tell(1, "raised", at="x.py:3", during="broken", **fields)
    (finding,) = findings(state_of(asked.events), Outcome())
    assert (finding.sentence, "because" in finding.figures) == ("", False), "nothing is known of the worker that ended"


def test_who_waits_for_a_result_of_a_pool_that_was_terminated() -> None:
    story = took(waits(a_pool(2)).tell(1, "pool_terminated", 5, "x.py:6"), 2, 0, "pool_task_ended")
    story.tell(2, "process_ended", exit_code=-15)
    assert not hangs_of(story), "nothing is stuck"
    story.tell(1, "process_stuck", 5, wait="pool_result_waiting", open_in=(), in_message=False)
    (finding,) = hangs_of(story)
    assert (finding.id, finding.figures["at"], finding.figures["ended_at"]) == ("pool_terminated", "x.py:3", "x.py:6")
    assert (finding.figures["open"], finding.figures["submitted"]) == (2, 3)


def terminates(how: str, *beside: str) -> Story:
    """A worker has answered and one has a task; main terminates the pool, and waits in that for ever."""
    story = took(took(a_pool(2, 3), 2, 0), 2, 0, "pool_task_ended")
    story = took(story, 3, 1).tell(1, "pool_terminated", 5, "x.py:6")
    story.tell(1, "pool_join_waiting", 5, "x.py:6", timeout=None, native_id=1)
    for worker in (2, 3):
        story.tell(1, "process_terminated", child=worker, child_name=f"p{worker}")
        story.tell(worker, "process_ended", exit_code=None)
    stuck: dict[str, Any] = {"wait": "pool_join_waiting", "open_in": (), "in_message": False}
    return story.tell(1, "process_stuck", 5, "x.py:6", how=how, alone=False, beside=beside, **stuck)


@pytest.mark.parametrize(("how", "beside"), [("inner", ["shared"]), ("inner", ["read"]), ("shared", [])])
def test_a_pool_that_ends_a_worker_in_the_middle_of_a_result(how: str, beside: list[str]) -> None:
    (finding,) = hangs_of(terminates(how, *beside))
    assert (finding.id, finding.sentence) == ("pool_worker_killed", "pool_worker_killed.terminated")
    figures = finding.figures
    assert (figures["process"], figures["at"], figures["worker"], figures["worker_pid"]) == ("p1", "x.py:6", "p2", 2)


def test_a_pool_that_waits_for_something_else_while_it_is_terminated() -> None:
    (finding,) = hangs_of(terminates("inner", "inner"))
    assert (finding.id, finding.figures["at"]) == ("standstill", "x.py:6"), "say, for the program's own iterator"


def imports(*workers: int) -> Story:
    fields: dict[str, Any] = {"job": 7, "importing": "tables", "timeout": None, "native_id": 1}
    return a_pool(*workers).tell(1, "pool_result_waiting", 5, "x.py:3", **fields)


def test_who_waits_for_a_result_while_it_imports_the_module_of_the_task() -> None:
    stuck: dict[str, Any] = {"wait": "pool_result_waiting", "open_in": (), "in_message": False}
    (finding,) = hangs_of(imports(2, 3).tell(1, "process_stuck", 5, **stuck))
    assert (finding.id, finding.figures["module"], finding.figures["at"]) == ("pool_in_import", "tables", "x.py:3")
    (finding,) = hangs_of(took(imports(2, 3), 2, 0).tell(1, "process_stuck", 5, **stuck))
    assert finding.id != "pool_in_import", "one was sent, and its worker has it"
    ready = imports(2).tell(2, "pool_initializer_began", 5, "x.py:7", function="load")
    (finding,) = hangs_of(ready.tell(1, "process_stuck", 5, **stuck))
    assert finding.id != "pool_in_import", "the worker may be stuck in its initializer"


def test_a_worker_that_waits_in_its_initializer_does_not_wait_for_a_task() -> None:
    story = a_pool(2, 3).lock(8).tell(2, "pool_initializer_began", 5, "x.py:7", function="load")
    story.tell(2, "lock_acquired", 8, "x.py:7", entered=False).tell(2, "pool_initializer_ended", 5)
    story.tell(3, "pool_initializer_began", 5, "x.py:7", function="load")
    story.tell(3, "lock_waiting", 8, "x.py:7", timeout=None, native_id=1).tell(2, "process_ended", exit_code=0)
    story.tell(1, "process_join_waiting", child=3, child_name="p3", timeout=None, native_id=1)
    story.tell(1, "process_stuck", wait="process_join_waiting", open_in=(), in_message=False)
    story.tell(3, "process_stuck", 8, wait="lock_waiting", open_in=(), in_message=False)
    (finding,) = hangs_of(story)
    assert (finding.id, finding.figures["process"], finding.figures["holder"]) == ("holder_dead", "p3", "p2")


def test_a_callback_that_raises_a_key_error() -> None:
    fields: dict[str, Any] = {"function": "add", "type": "KeyError", "text": "'sum'"}
    stuck: dict[str, Any] = {"open_in": (), "in_message": False}
    story = waits(a_pool(2), job=7).tell(1, "pool_callback_raised", 5, "x.py:8", job=7, **fields)
    (finding,) = hangs_of(story.tell(1, "process_stuck", 5, wait="pool_result_waiting", **stuck))
    assert (finding.id, finding.figures["callback"]) == ("pool_callback_raised", "add")
    assert (finding.figures["raised_at"], finding.figures["error"]) == ("x.py:8", "KeyError: 'sum'")
    other = waits(a_pool(2), job=8).tell(1, "pool_callback_raised", 5, "x.py:8", job=7, **fields)
    (finding,) = hangs_of(other.tell(1, "process_stuck", 5, wait="pool_result_waiting", **stuck))
    assert finding.id == "standstill", "that of another result"


@pytest.mark.parametrize(
    ("helper", "timeout", "expected"),
    [
        ("results", None, "pool_waits_for_itself"),
        ("all", None, "pool_waits_for_itself"),
        ("tasks", None, "standstill"),  # of an iterator that waits for a result, which another thread hands out
        (None, None, "standstill"),
        ("results", 1.0, "standstill"),  # it gives up
    ],
)
def test_a_callback_that_waits_for_its_own_pool(helper: str | None, timeout: float | None, expected: str) -> None:
    fields: dict[str, Any] = {"job": 8, "importing": None, "helper": helper, "timeout": timeout, "native_id": 2}
    stuck: dict[str, Any] = {"wait": "pool_result_waiting", "open_in": (), "in_message": False}
    story = waits(a_pool(2), job=7).tell(1, "pool_result_waiting", 5, "x.py:8", thread="results", **fields)
    assert pools_without_results(state_of(story.events)) == ({5} if expected == "pool_waits_for_itself" else set())
    story.tell(1, "process_stuck", 5, **stuck).tell(1, "process_stuck", 5, thread="results", **stuck)
    (finding,) = hangs_of(story)
    assert finding.id == expected
    if expected != "standstill":
        assert (finding.figures["at"], finding.figures["made"]) == ("x.py:8", "x.py:1")


def test_which_results_of_a_pool_are_dropped(trace: Trace) -> None:
    run = trace(
        """
        from multiprocessing import Event, Pool

        def keep(event):
            global never
            never = event

        def save(number):
            if number:
                never.wait()
            return number

        if __name__ == "__main__":
            for submit in (
                lambda pool: pool.imap(save, range(1, 9)),
                lambda pool: pool.imap_unordered(save, range(1, 9), 2),
                lambda pool: pool.apply_async(save, (1,)),
                lambda pool: next(pool.imap(save, range(9))),  # as one that stops at the first that it finds
                lambda pool: next(pool.imap_unordered(save, range(9))),
            ):
                with Pool(1, keep, (Event(),)) as pool:
                    kept = submit(pool)
        """
    )
    assert run.exit_code == 0, run.printed("stderr")
    pools = [event.object for event in run.of("pool_created")]
    assert [event.object for event in run.of("pool_dropped")] == pools[:3]


def hangs_of(story: Story) -> list[Finding]:
    return list(hangs(state_of(story.events)))


def test_a_pool_that_is_ended_early() -> None:
    dropped = a_pool(2).tell(1, "pool_dropped", 5, "x.py:5", results=1)
    assert not all_found(dropped), "its process has not come to its end"
    assert all_found(dropped.tell(1, "process_returned")) == ["tasks_never_begun"]
    begun = took(took(took(a_pool(2), 2, 0), 2, 1), 2, 2).tell(1, "pool_dropped", 5, "x.py:5", results=1)
    assert not all_found(begun.tell(1, "process_returned")), "all are begun"


def test_a_worker_that_is_killed_while_idle() -> None:
    story = waits(a_pool(2, 3)).tell(2, "process_ended", exit_code=-9)
    story.tell(1, "process_stuck", 5, wait="pool_result_waiting", open_in=(), in_message=False)
    (finding,) = hangs(state_of(story.events))
    assert (finding.id, finding.sentence, finding.figures["open"]) == ("pool_worker_killed", "", 3)
    busy = took(waits(a_pool(2, 3)), 3, 0).tell(2, "process_ended", exit_code=-9)
    busy.tell(1, "process_stuck", 5, wait="pool_result_waiting", open_in=(), in_message=False)
    assert [finding.id for finding in hangs(state_of(busy.events))] == ["standstill"], "another one works"
    busy.tell(3, "process_stuck", None, wait="system_shared_waiting", open_in=(), in_message=False)
    (finding,) = hangs(state_of(busy.events))
    assert (finding.id, finding.sentence) == ("pool_worker_killed", "pool_worker_killed.sending")


# The program that has the finding, and its cure ------------------------------------------------------------------


@pytest.mark.parametrize(("hows", "sending"), [(("shared", "shared"), False), (("shared", "read"), True)])
def test_which_lock_a_worker_held_that_was_killed_before_the_pool_is_terminated(
    hows: tuple[str, str], sending: bool
) -> None:
    """Of two workers that came in its place, one has the lock by which tasks are read; or none has."""
    story = took(took(a_pool(2, 3, 4), 2, 0), 2, 0, "pool_task_ended").tell(2, "process_ended", exit_code=-9)
    (pool,) = state_of(story.events).pools.values()
    for job in range(pool.submitted - pool.taken):
        story = took(took(story, 3, 1 + job), 3, 1 + job, "pool_task_ended")
    story.tell(1, "pool_terminated", 5, "x.py:6")
    story.tell(1, "pool_join_waiting", 5, "x.py:6", timeout=None, native_id=1)
    stuck: dict[str, Any] = {"open_in": (), "in_message": False, "alone": False, "beside": []}
    for worker, how in zip((3, 4), hows, strict=True):
        story.tell(worker, "process_stuck", 5, wait="system_task_waiting", how=how, **stuck)
    story.tell(1, "process_stuck", 5, "x.py:6", wait="pool_join_waiting", how="shared", **stuck)
    (finding,) = hangs_of(story)
    assert (finding.id, finding.sentence == "pool_worker_killed.sending") == ("pool_worker_killed", sending)


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
