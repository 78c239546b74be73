"""What multiprocessing was doing when an exception began that nobody caught: seen, not read from its text."""

import pytest

from tests.conftest import START_METHODS, Trace

PROGRAM = """
import pickle, queue, sys, threading, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import JoinableQueue, Manager, Pipe, Pool, Process, Queue, SimpleQueue

class Bad:
    def __reduce__(self):
        return int, ("x",)
class Worse:
    def __getstate__(self):
        raise KeyError("state")
def work(*args): pass
def dumps(*args): return pickle.dumps(threading.Lock())
def take(incoming): incoming.get()
def same_words(): raise RuntimeError("Queue objects should only be shared between processes through inheritance")
def in_child(target, *args):
    child = Process(target=target, args=args, name="child")
    child.start(); child.join()
def in_pool(function, argument):
    with Pool(1) as pool: pool.map(function, [argument])
def in_executor(function, argument):
    with ProcessPoolExecutor(1) as executor: executor.submit(function, argument).result()
def fill(outgoing, item):
    outgoing.put(item)
    return outgoing
def done():
    tasks = JoinableQueue()
    tasks.put(1); tasks.get(); tasks.task_done()
    tasks.task_done()
def done_in_thread():
    thread = threading.Thread(target=done)
    thread.start(); thread.join()
def receive():
    ends = Pipe()
    ends[0].send(Bad()); ends[1].recv()
def use_when_it_is_gone():
    with Manager() as manager:
        found = manager.list()
    found.append(1)
def raise_in_a_manager():
    with Manager() as manager:
        manager.list().pop()
CASES = {
    "manager gone": use_when_it_is_gone,
    "manager raises": raise_in_a_manager,
    "target": lambda: in_child(lambda: None),
    "args": lambda: in_child(work, threading.Lock()),
    "state": lambda: in_child(work, Worse()),
    "pool": lambda: in_pool(work, threading.Lock()),
    "executor": lambda: in_executor(work, threading.Lock()),
    "pipe": lambda: Pipe()[0].send(threading.Lock()),
    "simple": lambda: SimpleQueue().put(threading.Lock()),
    "queue in queue": lambda: SimpleQueue().put(Queue()),
    "own": lambda: dumps(),
    "own queue": lambda: pickle.dumps(Queue()),
    "own in child": lambda: in_child(dumps),
    "own in pool": lambda: in_pool(dumps, 1),
    "own in executor": lambda: in_executor(dumps, 1),
    "words": lambda: in_child(same_words),
    "bad args": lambda: in_child(work, Bad()),
    "bad item": lambda: in_child(take, fill(Queue(), Bad())),
    "bad simple item": lambda: in_child(take, fill(SimpleQueue(), Bad())),
    "bad message": receive,
    "empty": lambda: Queue().get_nowait(),
    "done": done,
    "done in thread": done_in_thread,
    "join": lambda: Process(target=work, name="child").join(),
    "terminate": lambda: Process(target=work, name="child").terminate(),
    "sentinel": lambda: Process(target=work, name="child").sentinel,
    "joined twice": lambda: [in_child(work), 1 / 0],
    "wrong arguments": lambda: in_child(work, 1) or in_child(same_words, 1),
}
if __name__ == "__main__":
    CASES[sys.argv[1]]()
"""

NEW = ("spawn", "forkserver")
OF_MAIN: dict[str, str | None] = {
    "manager gone": "asking",
    "manager raises": None,
    "pool": "sending",
    "executor": "sending",
    "pipe": "sending",
    "simple": "sending",
    "queue in queue": "sending",
    "own": None,
    "own queue": None,
    "own in pool": None,
    "own in executor": None,
    "bad message": "receiving",
    "empty": None,
    "done": "task_done",
    "join": "not_started",
    "terminate": "not_started",
    "sentinel": "not_started",
    "joined twice": None,
}
"""By case: during what the exception that ended main began."""

OF_CHILD: dict[str, str | None] = {
    "own in child": None,
    "words": None,
    "bad item": "receiving",
    "bad simple item": "receiving",
    "wrong arguments": "calling",
}


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("case", OF_MAIN | OF_CHILD)
def test_what_an_exception_is_about(trace: Trace, case: str, method: str) -> None:
    run = trace(PROGRAM, method, case)
    (raised,) = run.of("raised")
    assert raised.process == ("MainProcess" if case in OF_MAIN else "child")
    assert raised.fields["during"] == (OF_MAIN | OF_CHILD)[case]
    subjects = {"not_started": "child", "calling": "same_words"}
    assert raised.fields["subject"] == subjects.get(raised.fields["during"])


@pytest.mark.parametrize("method", NEW)
@pytest.mark.parametrize("case", ["target", "args", "state"])
def test_what_a_new_interpreter_cannot_be_given(trace: Trace, case: str, method: str) -> None:
    raised = trace(PROGRAM, method, case).of("raised")
    assert ("MainProcess", "sending") in [(each.process, each.fields["during"]) for each in raised]


@pytest.mark.parametrize("method", NEW)
def test_what_a_new_interpreter_cannot_unpickle(trace: Trace, method: str) -> None:
    (raised,) = trace(PROGRAM, method, "bad args").of("raised")
    assert (raised.process, raised.fields["during"]) == ("child", "receiving")


def test_an_exception_that_ends_a_thread(trace: Trace) -> None:
    run = trace(PROGRAM, "fork", "done in thread")
    assert run.exit_code == 0
    assert "in task_done" in run.printed("stderr"), "Python says so as ever"
    assert run.of("raised") == []
    (raised,) = run.of("thread_raised")
    assert (raised.thread, raised.fields["during"]) == ("Thread-1 (done)", "task_done")


def test_the_hook_for_threads_stays_the_programs(trace: Trace) -> None:
    run = trace(
        """
        import threading
        def hook(args): print("hook:", args.exc_type.__name__)
        threading.excepthook = hook
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start(); thread.join()
        threading.excepthook = threading.__excepthook__
        thread = threading.Thread(target=exit)
        thread.start(); thread.join()
        """
    )
    assert run.printed() == "hook: ZeroDivisionError\n"
    assert [event.fields["type"] for event in run.of("thread_raised")] == ["ZeroDivisionError"]


@pytest.mark.parametrize("code", ["2", "'no licence'", "0", ""])
def test_a_process_that_exits_as_it_imports_the_program(trace: Trace, code: str) -> None:
    run = trace(
        f"""
        import multiprocessing, sys
        if __name__ == "__mp_main__":
            sys.exit({code})  # ends
        if __name__ == "__main__":
            child = multiprocessing.get_context("spawn").Process(target=print)
            child.start()
            child.join()
            print(child.exitcode)
        """
    )
    failed = code not in ("0", "")
    raised = [(event.fields["type"], event.at) for event in run.of("raised")]
    assert raised == ([("SystemExit", run.line("ends"))] if failed else [])
    assert run.kinds("process_returned") == ["process_returned"] * 2
    assert run.printed() == {"2": "2\n", "'no licence'": "1\n"}.get(code, "0\n")
