"""Every operation that the tracer watches, in real processes, under each start method."""

import itertools
import os
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from procsim.running.launch import launch
from procsim.running.order import Order
from procsim.state.apply import state_of
from procsim.tracer import install, uninstall
from procsim.tracer.inject import Stowaway
from procsim.tracer.patching import Methods, restore
from procsim.wire.events import KINDS, Event
from procsim.wire.pipe import EventQueue, EventQueueReader, raised_elsewhere
from procsim.wire.run_folder import RUN_VARIABLE, Settings, write_settings

from .conftest import HANG_SECONDS, Recording, Trace

MAIN = '\nif __name__ == "__main__":\n    main()\n'


def at_most(holders: int, events: list[Event]) -> None:
    """Never more than so many hold the lock at once."""
    held = 0
    for event in events:
        held += {"lock_acquired": 1, "lock_released": -1}.get(event.kind, 0)
        assert 0 <= held <= holders
    assert held == 0


def waits_end(recording: Recording) -> None:
    """Whoever waited got what it waited for, or was refused, before it did anything else with that object."""
    ends = {
        "lock_waiting": {"lock_acquired", "lock_refused"},
        "queue_put_waiting": {"queue_put", "queue_full", "queue_flushed"},
        "queue_get_waiting": {"queue_got", "queue_empty"},
        "pipe_receive_waiting": {"pipe_received", "pipe_ended"},
        "pipe_poll_waiting": {"pipe_polled"},
        "event_waiting": {"event_awaited"},
        "barrier_waiting": {"barrier_passed", "barrier_broken"},
        "condition_waiting": {"condition_awoke"},
    }
    last: dict[Any, str] = {}
    for event in recording.events:
        key = (event.pid, event.thread)
        if event.kind == "printed":
            continue
        if last.get(key) in ends:
            assert event.kind in ends[last[key]], f"{event} came after {last[key]}"
        last[key] = event.kind


def well_formed(recording: Recording) -> None:
    for event in recording.events:
        assert set(event.fields) <= set(KINDS[event.kind]), event
        assert event.pid or event.kind == "printed"
        assert not event.fields.get("path", "").endswith("/settings"), "the tracer tells of its own files"


# Locks ---------------------------------------------------------------------------------------------------


def test_lock(trace: Trace, start_method: str) -> None:
    run = trace("lock_contended.py", start_method)
    assert run.exit_code == 0, run.printed("stderr")
    locks = run.of("lock_", name="mutex")
    assert Counter(event.kind for event in locks)["lock_acquired"] == 3 * 20 + 1
    at_most(1, locks)
    waits_end(run)
    well_formed(run)
    assert {event.process for event in locks} == {"MainProcess", "worker-0", "worker-1", "worker-2"}
    # Main holds it until each worker has found it taken.
    refused = [event for event in locks if event.kind == "lock_refused"]
    assert sorted(event.process for event in refused) == ["worker-0", "worker-1", "worker-2"]
    assert all(event.at == run.line("try") and event.fields["took"] >= 10_000_000 for event in refused)
    assert sum(event.kind == "lock_waiting" for event in locks) >= 3
    assert {event.at for event in locks if event.kind == "lock_acquired" and event.process != "MainProcess"} == {
        run.line("with")
    }


ALONE = {
    "Lock()": ["lock_acquired", "lock_refused", "lock_released"],
    "RLock()": ["lock_acquired", "lock_acquired", "lock_released", "lock_released"],
    "Semaphore(2)": ["lock_acquired", "lock_acquired", "lock_refused", "lock_released", "lock_released"],
    "BoundedSemaphore(2)": ["lock_acquired", "lock_acquired", "lock_refused", "lock_released", "lock_released"],
}


@pytest.mark.parametrize("made", ALONE)
def test_each_lock_alone(trace: Trace, start_method: str, made: str) -> None:
    run = trace(
        f"""
        import multiprocessing as mp
        from multiprocessing import Process
        def child(thing):
            held = []
            for _ in range(2):
                held.append(thing.acquire())
            if {made[0] != "L" and made[0] != "R"}:
                assert not thing.acquire(False)
            for _ in held:
                thing.release()
        def lonely(thing):
            thing.acquire()
            assert not thing.acquire(False)
            thing.release()
        def main():
            thing = mp.{made}
            target = {"lonely" if made == "Lock()" else "child"}
            worker = Process(target=target, args=(thing,))
            worker.start(); worker.join()
            assert worker.exitcode == 0
            for wrong in [thing.release] if {made != "Semaphore(2)"} else []:
                try:
                    wrong()
                except (ValueError, AssertionError) as error:
                    print(type(error).__name__, error)
                else:
                    raise SystemExit(1)
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.kinds("lock_", name="thing")[1:] == ALONE[made]  # nothing was said of the release that failed
    created = run.of("lock_created")
    assert [event.fields["type"] for event in created] == [made.split("(")[0]]


def test_refused_after_a_timeout(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        from multiprocessing import Lock, Process, Queue
        def child(mutex):
            assert not mutex.acquire(timeout=0.01)
        def main():
            mutex = Lock()
            with mutex:
                worker = Process(target=child, args=(mutex,))
                worker.start(); worker.join()
            for wrong in ("soon", object()):
                try: mutex.acquire(True, wrong)
                except TypeError: print("TypeError")
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    kinds = ["lock_acquired", "lock_waiting", "lock_refused", "lock_released"]
    assert run.kinds("lock_", name="mutex")[1:] == kinds
    assert run.of("lock_refused")[0].fields["took"] >= 10_000_000
    assert run.printed() == "TypeError\nTypeError\n"


def test_condition(trace: Trace, start_method: str) -> None:
    run = trace("condition.py", start_method)
    assert run.exit_code == 0, run.printed("stderr")
    kinds = run.kinds("condition_", name="ready")
    assert kinds.count("condition_waiting") == kinds.count("condition_awoke") >= 2
    assert kinds.count("condition_notified") == 2
    assert [event.fields["count"] for event in run.of("condition_notified")] == [1, None]
    assert kinds.index("condition_waiting") < kinds.index("condition_notified") < kinds.index("condition_awoke")
    assert {event.at for event in run.of("condition_waiting")} == {run.line("wait"), run.line("wait_for")}
    well_formed(run)
    waits_end(run)


def test_event(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        from multiprocessing import Event, Process, SimpleQueue
        def child(go, here):
            here.put(1)
            assert go.wait()
        def main():
            go, here = Event(), SimpleQueue()
            worker = Process(target=child, args=(go, here))
            worker.start(); here.get()
            while not go._cond._sleeping_count._semlock._get_value(): pass  # until it waits
            go.set()
            worker.join()
            go.clear()
            assert not go.wait(0.001)
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.kinds("event_", name="go") == [
        "event_created", "event_waiting", "event_set", "event_awaited",
        "event_cleared", "event_waiting", "event_awaited",
    ]  # fmt: skip
    assert [event.fields["is_set"] for event in run.of("event_awaited")] == [True, False]


def test_barrier(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        import threading
        from multiprocessing import Barrier, Process
        def child(doors):
            doors.wait()
        def main():
            doors = Barrier(3)
            workers = [Process(target=child, args=(doors,)) for _ in range(2)]
            for worker in workers: worker.start()
            doors.wait()
            for worker in workers: worker.join()
            doors.abort()
            try: doors.wait()
            except threading.BrokenBarrierError: pass
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    kinds = run.kinds("barrier_", name="doors")
    assert kinds[:4] == ["barrier_created"] + ["barrier_waiting"] * 3
    assert kinds[4:] == ["barrier_passed"] * 3 + ["barrier_waiting", "barrier_broken"]
    assert {event.fields["position"] for event in run.of("barrier_passed")} == {0, 1, 2}
    assert run.of("barrier_created")[0].fields["parties"] == 3


# Queues and pipes ----------------------------------------------------------------------------------------


def test_queue(trace: Trace, start_method: str) -> None:
    run = trace("queue_bounded.py", start_method)
    assert run.exit_code == 0, run.printed("stderr")
    values = {kind: [e.fields["value"] for e in run.of(kind, name="belt")] for kind in ("queue_put", "queue_got")}
    assert sorted(map(str, values["queue_put"])) == sorted(map(str, values["queue_got"]))
    put: Counter[str] = Counter()
    for event in run.of("queue_put", "queue_got", name="belt"):
        put[str(event.fields["value"])] += 1 if event.kind == "queue_put" else -1
        assert put[str(event.fields["value"])] >= 0, "got before it was put"
    assert run.of("queue_put_waiting", name="belt")
    assert run.of("queue_created")[0].fields["maxsize"] == 2
    assert run.of("queue_got", name="belt")[0].at == run.line("get")
    assert run.kinds("queue_full", "queue_empty") == ["queue_full", "queue_full", "queue_empty", "queue_empty"]
    waits_end(run)
    well_formed(run)


def test_of_equal_answers_to_empty_the_first_two_are_emitted(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        from multiprocessing import Process, Queue, SimpleQueue

        def work(tasks, results):
            print([tasks.empty() for _ in range(5)])  # asks
            tasks.put(1)
            while tasks.empty():
                pass
            print([tasks.qsize() for _ in range(5)])
            print(results.empty(), results.get())

        if __name__ == "__main__":
            tasks, results = Queue(), SimpleQueue()
            print(tasks.empty(), tasks.empty(), tasks.empty())
            results.put(2)
            child = Process(target=work, args=(tasks, results))
            child.start()
            child.join()
            print(tasks.get())
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.printed().split("\n")[:2] == ["True True True", str([True] * 5)]
    asked = [(event.process, event.fields["empty"]) for event in run.of("queue_asked", name="tasks")]
    assert asked[:4] == [("MainProcess", True), ("MainProcess", True), ("Process-1", True), ("Process-1", True)]
    assert asked[-2:] == [("Process-1", False)] * 2
    assert run.of("queue_asked", name="tasks")[2].at == run.line("asks")
    assert [event.fields["empty"] for event in run.of("queue_asked", name="results")] == [False]


def test_what_start_and_put_raise_and_who_does_not_wait_until_all_is_sent(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        from multiprocessing import Process, Queue
        from queue import Full

        def work(results, other):
            try:
                Process(target=print).start()  # starts
            except AssertionError:
                results.put(1)
            other.cancel_join_thread()  # cancels
            results.close()
            try:
                results.put(2)  # puts
            except ValueError:
                pass

        if __name__ == "__main__":
            results, other, full = Queue(), Queue(), Queue(1)
            child = Process(target=work, args=(results, other), daemon=True)
            child.start()
            print(results.get())
            child.join()
            full.put(1)
            try:
                full.put(2, timeout=0.01)
            except Full:
                full.get()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    raised = [(event.process, event.fields["call"], event.fields["type"], event.at) for event in run.of("call_raised")]
    name = "Process-1"
    assert raised == [
        (name, "start", "AssertionError", run.line("starts")),
        (name, "put", "ValueError", run.line("puts")),
    ]
    assert [event.at for event in run.of("queue_join_cancelled", name="other")] == [run.line("cancels")]


def test_an_item_of_a_simple_queue_that_waits_for_room(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        from multiprocessing import Event, Process, SimpleQueue

        def work(results, small):
            results.put("x" * 100)
            small.set()
            results.put("x" * 1_000_000)  # puts

        if __name__ == "__main__":
            results, small = SimpleQueue(), Event()
            child = Process(target=work, args=(results, small))
            child.start()
            small.wait()
            print(len(results.get()), len(results.get()))
            child.join()
        """,
        start_method,
    )
    assert (run.exit_code, run.printed()) == (0, "100 1000000\n")
    its = [
        event for event in run.of("queue_put", "queue_put_waiting", "queue_flushed") if event.process != "MainProcess"
    ]
    assert [event.kind for event in its] == ["queue_put", "queue_put", "queue_put_waiting", "queue_flushed"]
    assert its[1].at == run.line("puts")


def test_joinable_queue(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        from multiprocessing import JoinableQueue, Process
        def child(jobs):
            while jobs.get() is not None:
                jobs.task_done()
            jobs.task_done()
        def main():
            jobs = JoinableQueue()
            for job in (1, 2, None): jobs.put(job)
            worker = Process(target=child, args=(jobs,))
            worker.start()
            jobs.join()
            worker.join()
            try: jobs.task_done()
            except ValueError: print("too often")
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    kinds = run.kinds("queue_", name="jobs")
    assert kinds.count("queue_put") == kinds.count("queue_got") == kinds.count("queue_task_done") == 3
    last_done = len(kinds) - 1 - kinds[::-1].index("queue_task_done")
    assert last_done < kinds.index("queue_joined")
    (refused,) = run.of("queue_task_done_refused", name="jobs")
    assert refused.process == "MainProcess"
    assert [event.fields["type"] for event in run.of("queue_created")] == ["JoinableQueue"]
    assert run.names("lock_created") == []  # what is inside the queue is no lock of the program's


def test_a_wait_ends_where_a_signal_handler_raises_in_it(trace: Trace) -> None:
    run = trace(
        """
        import signal
        from multiprocessing import Barrier, JoinableQueue, Pipe, SimpleQueue
        def handler(*_): raise TimeoutError
        signal.signal(signal.SIGALRM, handler)
        tasks, post, (here, there), door = JoinableQueue(), SimpleQueue(), Pipe(), Barrier(2)
        tasks.put(1)
        for call in (tasks.join, post.get, here.recv, there.recv_bytes, door.wait):
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            try: call()
            except TimeoutError: pass
        tasks.get()
        """
    )
    assert run.exit_code == 0, run.printed("stderr")
    kinds = ["queue_join", "queue_get", *["pipe_receive"] * 2, "barrier"]
    waits = [event for event in run.events if event.kind.endswith(("_waiting", "wait_left")) and event.at]
    assert [event.kind for event in waits] == [kind for each in kinds for kind in (f"{each}_waiting", "wait_left")]
    state = state_of(run.events)
    assert [wait.kind for wait in state.waits][: len(kinds)] == [f"{each}_waiting" for each in kinds]
    assert [signal.arrived for signal in state.signals.values() if signal.type == "Barrier"] == [0]


def test_who_asks_with_a_time_limit_whether_there_is_a_message(trace: Trace) -> None:
    run = trace(
        """
        import signal
        from multiprocessing import Pipe, Queue
        def handler(*_): raise TimeoutError
        near, far = Pipe()
        print(near.poll(0.01), near.poll(), near.poll(0))  # asks
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try: near.poll(100)
        except TimeoutError: pass
        far.send(1)
        print(near.poll(0.01), near.poll(None))
        near.recv()
        signal.signal(signal.SIGALRM, lambda *_: far.send(2))
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        print(near.poll(100))
        for odd in ("x", [], 1j):
            try: near.poll(odd)
            except Exception as error: print(type(error).__name__)
        near.close()
        try: near.poll(1)
        except OSError as error: print(error)
        queue = Queue()
        queue.empty()
        """
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.printed().splitlines()[:3] == ["False False False", "True True", "True"]
    assert run.printed().splitlines()[-1] == "handle is closed"
    assert [event.fields["ready"] for event in run.of("pipe_polled")] == [False, False, True]
    asked = run.of("pipe_poll_waiting")
    assert (len(asked), asked[0].at) == (3, run.line("asks"))
    assert [*state_of(run.events).now_waiting()] == []


def test_a_wait_for_a_queue_to_be_read_ends_where_a_signal_handler_raises_in_it(trace: Trace) -> None:
    run = trace(
        """
        import signal
        from multiprocessing import Queue
        def handler(*_): raise TimeoutError
        signal.signal(signal.SIGALRM, handler)
        queue = Queue()
        queue.put("x" * 1_000_000)
        queue.close()
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try: queue.join_thread()
        except TimeoutError: print("raised")
        queue.cancel_join_thread()
        """
    )
    assert run.printed("stdout") == "raised\n", run.printed("stderr")
    flush = ["queue_flush_waiting", "queue_flushed"]
    assert run.kinds(*flush) == flush


def test_a_lock_of_the_programs_own_class_is_seen_once_through_a_condition_and_a_value(trace: Trace) -> None:
    run = trace(
        """
        from multiprocessing import Condition, Value, get_context
        from multiprocessing.synchronize import Lock
        class Own(Lock):
            def __exit__(self, *args):
                super().__exit__(*args)
        class Same(Lock): pass
        for kind in (Own, Same):
            with Condition(kind(ctx=get_context())): pass
            with Value("i", lock=kind(ctx=get_context())): pass
        """
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.kinds("lock_") == ["lock_created", "lock_acquired", "lock_released"] * 4


def test_simple_queue(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        from multiprocessing import Process, SimpleQueue
        def child(post):
            post.put("hello")
        def main():
            post = SimpleQueue()
            worker = Process(target=child, args=(post,))
            worker.start()
            assert post.get() == "hello"
            worker.join()
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert [kind for kind in run.kinds("queue_", name="post") if kind != "queue_get_waiting"] == [
        "queue_created", "queue_put", "queue_got",
    ]  # fmt: skip
    assert [event.fields["value"] for event in run.of("queue_put", "queue_got")] == ["hello"] * 2


def test_nothing_is_sent_through_a_closed_connection(trace: Trace) -> None:
    run = trace(
        """
        from multiprocessing import Pipe
        receiver, sender = Pipe(False)
        def send(value): sender.send(value)
        for number in range(150):
            send(number)
            receiver.recv()
        sender.close()
        try: send("closed")
        except OSError as error: print(error)
        """,
        None,
    )
    assert run.printed() == "handle is closed\n"
    assert [event.fields["value"] for event in run.of("pipe_sent", name="sender")] == list(range(150))


@pytest.mark.parametrize("duplex", [True, False])
def test_pipe(trace: Trace, start_method: str, duplex: bool) -> None:
    run = trace(
        f"""
        from multiprocessing import Pipe, Process
        def child(end):
            end.send("hello")
            end.send_bytes(b"bytes")
            if {duplex}: assert end.recv() == 42
            end.close()
        def main():
            ours, theirs = Pipe({duplex})
            worker = Process(target=child, args=(theirs,))
            worker.start()
            theirs.close()
            assert ours.recv() == "hello" and ours.recv_bytes() == b"bytes"
            if {duplex}: ours.send(42)
            try: ours.recv()
            except EOFError: print("ended")
            worker.join()
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.printed() == "ended\n"
    first, second = run.of("pipe_created")
    assert (first.fields["name"], second.fields["name"]) == ("ours", "theirs")
    assert (first.fields["other"], second.fields["other"]) == (second.object, first.object)
    assert [event.fields["value"] for event in run.of("pipe_received", name="ours")] == ["hello", "b'bytes'"]
    assert [event.process for event in run.of("pipe_sent", name="theirs")] == ["Process-1"] * 2
    assert len(run.of("pipe_ended", name="ours")) == 1
    waits_end(run)


def test_manager(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        from multiprocessing import Manager
        def main():
            with Manager() as manager:
                numbers = manager.list([1])
                numbers.append(2)
                print(numbers[:])
                try: numbers.index(9)
                except ValueError: print("not there")
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.printed() == "[1, 2]\nnot there\n"
    called = [event.fields["method"] for event in run.of("manager_called")]
    assert called == [event.fields["method"] for event in run.of("manager_answered")]
    assert called == ["append", "__getitem__", "index"]


def test_locks_of_a_manager(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        from multiprocessing import Manager, Process
        def work(lock, slots):
            with lock:  # enters
                pass
            with slots, slots:
                print(slots.acquire(False))
        def main():
            with Manager() as manager:
                lock, slots = manager.Lock(), manager.Semaphore(value=2)
                worker = Process(target=work, args=(lock, slots))
                worker.start()
                worker.join()
                lock.acquire(True, 60)
                print(lock.acquire(True, 0.01))
                lock.release()
                try: lock.release()
                except RuntimeError: print("not held")
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.printed() == "False\nFalse\nnot held\n"
    assert [(event.fields["name"], event.fields["value"]) for event in run.of("lock_created")] == [
        ("lock", 1),
        ("slots", 2),
    ]
    acquired = run.of("lock_acquired", name="lock")
    assert [(event.process, event.fields["entered"]) for event in acquired] == [
        ("Process-2", True),
        ("MainProcess", False),
    ]
    assert acquired[0].at == run.line("enters")
    assert len(run.of("lock_refused", name="lock")) == len(run.of("lock_refused", name="slots")) == 1
    assert len(run.of("lock_released", name="slots")) == 2
    waits_end(run)


# Processes -----------------------------------------------------------------------------------------------


def test_processes(trace: Trace, start_method: str) -> None:
    run = trace("process_ends.py", start_method)
    assert run.exit_code == 0, run.printed("stderr")
    ended = {event.process: event.fields["exit_code"] for event in run.of("process_ended")}
    assert ended == {"MainProcess": 0, "good": 0, "exits": 3, "raises": 1, "terminated": -15, "killed": -9}
    order = ["process_created", "process_started", "process_join_waiting", "process_joined"]
    for name in ended.keys() - {"MainProcess"}:
        kinds = [event.kind for event in run.events if event.fields.get("child_name") == name]
        assert [kind for kind in order if kind in kinds] == [kind for kind in kinds if kind in order]
        assert run.of("process_started")[0].fields["method"] == start_method
    assert [event.process for event in run.of("process_began")].count("good") == 1
    (raised,) = run.of("raised")
    assert (raised.process, raised.fields["type"], raised.fields["text"]) == ("raises", "KeyError", "'nobody'")
    assert raised.at == run.line("raise")
    assert [event.fields["child_name"] for event in run.of("process_terminated")] == ["terminated"]
    assert [event.fields["child_name"] for event in run.of("process_killed")] == ["killed"]
    well_formed(run)


def test_a_look_at_an_exit_code_is_seen_where_the_program_takes_it(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        import sys
        from multiprocessing import Pool, Process
        def child(code):
            sys.exit(code)
        def main():
            for code in (0, 3, 4):
                worker = Process(target=child, args=(code,), name=f"w{code}")
                worker.start(); worker.join()
                if code != 4 and worker.exitcode: print("failed")  # look
            with Pool(1) as pool:
                pool.map(abs, [1])
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.printed() == "failed\n"
    (seen,) = run.of("process_exit_code_seen")
    assert (seen.fields["child_name"], seen.fields["exit_code"], seen.at) == ("w3", 3, run.line("look"))


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_new_process_that_cannot_begin_says_why(trace: Trace, method: str) -> None:
    run = trace(
        """
        from multiprocessing import Process, current_process
        if __name__ == "__mp_main__":
            raise OSError("not here")  # raise
        def child(): pass
        if __name__ == "__main__":
            worker = Process(target=child, name="worker")
            worker.start(); worker.join()
        """,
        method,
    )
    (raised,) = run.of("raised")
    assert (raised.process, raised.fields["type"], raised.at) == ("worker", "OSError", run.line("raise"))
    assert "OSError: not here" in run.printed("stderr")


def test_main_raises(trace: Trace) -> None:
    run = trace("class Own(Exception):\n    pass\n\nraise Own('é' * 3000)  # here\n")
    assert run.exit_code == 1
    (raised,) = run.of("raised")
    assert raised.fields["type"] == "Own" and raised.fields["text"].startswith("éé")
    assert raised.at == run.line("here")


def test_exit_codes_that_the_program_learns_in_its_own_way(trace: Trace) -> None:
    run = trace(
        """
        import os
        from multiprocessing import Process
        def forked(code):
            child = os.fork()
            if not child:
                os._exit(code)
            return child
        def fails():
            os._exit(5)
        if __name__ == "__main__":
            os.waitpid(forked(1), 0)
            pid, status = os.waitpid(forked(2), 0)  # kept
            forked(3)
            print(os.waitstatus_to_exitcode(os.wait()[1]))
            os.waitpid(forked(0), 0)[1]
            joined, asked = Process(target=fails), Process(target=fails)
            for each in (joined, asked):
                each.start()
            joined.join()
            while not asked._popen.poll():
                pass
        """
    )
    assert run.exit_code == 0, run.printed("stderr")
    seen = run.of("process_exit_code_seen")
    assert [event.fields["exit_code"] for event in seen] == [2, 3, 5]
    assert seen[0].at == run.line("kept")


def test_os_fork(trace: Trace) -> None:
    run = trace(
        """
        import os
        child = os.fork()
        if not child:
            print("child", flush=True)
            os._exit(3)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        if not os.fork():
            os._exit(0)
        os.wait()
        """
    )
    assert run.printed() == "child\n3\n"
    names = ["MainProcess", "MainProcess/fork", "MainProcess/fork"]
    assert [event.process for event in run.of("process_began")] == names
    assert [event.process for event in run.of("printed")] == ["MainProcess/fork", "MainProcess"]


def test_who_is_killed_by_another_process_by_its_pid(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        import os, signal
        from multiprocessing import Process, SimpleQueue
        def killed(begun):
            begun.put("begun")
            signal.pause()
        def killer(pid, number):
            os.kill(pid, number)  # kills
        def main():
            for number in (signal.SIGTERM, signal.SIGKILL):
                begun = SimpleQueue()  # of its own: a victim may be killed before it has released the queue's lock
                victim = Process(target=killed, name=f"victim-{number}", args=(begun,))
                victim.start()
                begun.get()
                other = Process(target=killer, name="killer", args=(victim.pid, number))
                other.start(); other.join(); victim.join()
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    told = run.of("process_terminated", "process_killed")
    assert [(event.kind, event.process, event.at) for event in told] == [
        ("process_terminated", "killer", run.line("kills")),
        ("process_killed", "killer", run.line("kills")),
    ]
    victims = {event.process: event.pid for event in run.of("process_began") if event.process.startswith("victim")}
    assert [event.fields["child"] for event in told] == [victims["victim-15"], victims["victim-9"]]


def test_who_is_dead_already_is_not_terminated(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        import os, signal
        from multiprocessing import Process
        from multiprocessing.connection import wait
        def die():
            os.kill(os.getpid(), signal.SIGKILL)
        def main():
            dead = Process(target=die)
            dead.start()
            wait([dead.sentinel])
            if dead._popen.method != "forkserver":  # its sentinel is closed before it can be waited for
                os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
            dead.terminate()
            dead.kill()
            dead.join()
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.of("process_terminated", "process_killed") == []
    assert [event.fields["exit_code"] for event in run.of("process_ended")] == [-9, 0]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_an_end_that_was_found_is_not_told_again_by_the_parent(tmp_path: Path, method: str) -> None:
    program, fifo = tmp_path / "program.py", tmp_path / "fifo"
    os.mkfifo(fifo)
    program.write_text(
        textwrap.dedent("""
        import os, signal, sys
        from multiprocessing import Process
        def die():
            os.kill(os.getpid(), signal.SIGKILL)
        def main():
            dead = Process(target=die)
            dead.start()
            open(sys.argv[1], "rb", buffering=0).read()
            dead.join()
        if __name__ == "__main__":
            main()
        """)
    )
    ended = []
    with launch(Order([sys.executable, str(program), str(fifo)], Settings(method), timeout=HANG_SECONDS)) as run:
        for event in itertools.chain.from_iterable(run):
            if event.kind == "process_ended":
                ended.append((event.process, event.fields["exit_code"]))
                if len(ended) == 1:
                    fifo.write_bytes(b"go on")
    assert ended == [("Process-1", -9), ("MainProcess", 0)]


def test_calls_by_the_threads_of_a_pool_are_the_programs_own(trace: Trace) -> None:
    run = trace(
        """
        import asyncio
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import Lock, Queue
        async def main():
            lock, queue = Lock(), Queue()
            queue.put(3)
            await asyncio.to_thread(queue.get)
            await asyncio.to_thread(lock.acquire)
            lock.release()
            with ProcessPoolExecutor(1) as pool:
                await asyncio.get_running_loop().run_in_executor(pool, abs, -1)  # run
        asyncio.run(main())
        """
    )
    assert run.exit_code == 0, run.printed("stderr")
    assert run.kinds("queue_put", "queue_got", "lock_acquired", "lock_released") == [
        "queue_put",
        "queue_got",
        "lock_acquired",
        "lock_released",
    ]
    assert [event.at for event in run.of("pool_submitted", "process_started")] == [run.line("run")] * 2


def test_an_exception_comes_from_the_programs_own_line(trace: Trace, tmp_path: Path) -> None:
    package = tmp_path / "site-packages"
    package.mkdir()
    (package / "installed.py").write_text("def work():\n    raise EOFError\n")
    run = trace(f"import sys\nsys.path.append({str(package)!r})\nimport installed\ninstalled.work()  # here\n")
    (raised,) = run.of("raised")
    assert raised.at == run.line("here")


def test_all_that_a_killed_child_said_arrived(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        import os, signal
        from multiprocessing import Process
        from procsim import say
        def child():
            for number in range(200):
                say("number {number}", number=number)
            os.kill(os.getpid(), signal.SIGKILL)
        def main():
            worker = Process(target=child)
            worker.start(); worker.join()
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert [event.fields["fields"]["number"] for event in run.of("said")] == list(range(200))
    assert run.of("process_joined")[0].fields["exit_code"] == -9


# Files and output ----------------------------------------------------------------------------------------


def test_files(trace: Trace, start_method: str) -> None:
    run = trace("files.py", start_method)
    assert run.exit_code == 0, run.printed("stderr")
    # The program compares each file with what an `open` that nobody traces makes of it.
    assert run.printed().splitlines()[-1] == "all the same"
    opened = [event for event in run.of("file_opened") if event.fields["path"].endswith("idiom.txt")]
    assert [event.fields["mode"] for event in opened] == ["w", "r"]
    kinds = [event.kind for event in run.of("file_") if event.fields["path"].endswith("idiom.txt")]
    assert kinds == [
        "file_opened", "file_written", "file_closed", "file_opened", "file_read", "file_closed",
    ]  # fmt: skip
    assert {e.at for e in run.of("file_read") if e.fields["path"].endswith("data.json")} == {run.line("json")}
    assert len({event.object for event in run.of("file_") if event.fields["path"].endswith("idiom.txt")}) == 1
    pathlib = [event for event in run.of("file_") if event.fields["path"].endswith("path.txt")]
    assert {event.at for event in pathlib} == {run.line(mark) for mark in ("write_text", "read_text", "opener")}
    well_formed(run)


def test_what_a_dataclass_makes_is_made_where_the_dataclass_is_called(trace: Trace) -> None:
    run = trace(
        """
        from dataclasses import dataclass, field
        from multiprocessing import Lock
        @dataclass
        class Account:
            mutex: object = field(default_factory=Lock)
        account = Account()  # made
        """
    )
    (made,) = run.of("lock_created")
    assert (made.fields["name"], made.at) == ("mutex", run.line("made"))


def test_a_file_is_the_same_under_whatever_name_and_each_access_tells_its_place(trace: Trace, tmp_path: Path) -> None:
    run = trace(
        """
        import os, sys
        os.chdir(sys.argv[1])
        with open("one", "w") as file: file.write("12345678")
        os.link("one", "two")
        with open(os.path.abspath("two"), "r+b", buffering=-1) as file:
            file.seek(4)
            file.read(2)
            file.seek(6)
            file.write(b"x")
        with open("other", "w"): pass
        with open(os.devnull, "w") as file: file.write("away")
        """,
        "fork",
        str(tmp_path),
    )
    places = [(event.kind, event.fields["offset"]) for event in run.of("file_read", "file_written")]
    assert places == [("file_written", 0), ("file_read", 4), ("file_written", 6), ("file_written", 0)]
    one, two, other, null = (event.object for event in run.of("file_opened"))
    assert one == two != other
    assert null is None
    assert {event.fields["path"] for event in run.of("file_") if event.object == two} == {
        str(tmp_path / "one"), str(tmp_path / "two"),
    }  # fmt: skip


def test_printed(trace: Trace, start_method: str) -> None:
    run = trace("prints.py", start_method)
    assert run.exit_code == 0, run.printed("stderr")
    text = "".join(e.fields["text"] for e in run.of("printed") if e.fields["stream"] == "stdout" and e.pid)
    expected = "one\ntwo three\nhalf…" + "é中😀\n" * 1000 + "x" * 3_000_000 + "\n" + "UnicodeEncodeError\nlast, no end"
    assert len(text) == len(expected)
    assert text == expected
    assert [e.fields["text"] for e in run.of("printed") if e.fields["stream"] == "stderr"] == ["to stderr\n"]
    assert run.of("printed")[0].at == run.line("one")
    assert {event.process for event in run.of("printed")} == {"printer"}


def test_output_that_goes_elsewhere(trace: Trace, tmp_path: Path) -> None:
    run = trace(
        f"""
        import contextlib, io, os, sys
        held = io.StringIO()
        with contextlib.redirect_stdout(held):
            print("held")
        assert held.getvalue() == "held\\n"
        saved = os.dup(1)
        with open({str(tmp_path / "log")!r}, "w") as log:
            os.dup2(log.fileno(), 1)
            print("in the file")
            sys.stdout.flush()
        os.dup2(saved, 1)
        print("shown")
        sys.stdout, kept = None, sys.stdout
        print("nowhere")
        sys.stdout = kept
        sys.stdout.close()
        try: print("closed")
        except ValueError as error: sys.stderr.write(str(error))
        """
    )
    assert run.exit_code == 0
    assert (tmp_path / "log").read_text() == "in the file\n"
    assert run.printed() == "shown\n"
    assert run.printed("stderr") == "I/O operation on closed file."


# Names ---------------------------------------------------------------------------------------------------


def test_names(trace: Trace) -> None:
    run = trace("names.py")
    assert run.exit_code == 0, run.printed("stderr")
    assert run.names("lock_created") == [
        "at_module_level", "local", "attribute", "first", "listed", "listed", "helped", "chosen", "lock", "shared",
    ]  # fmt: skip
    assert run.names("queue_created") == ["second"]
    assert run.names("pipe_created") == ["left", "right", "piped[0]", "piped[1]", "piped[0]", "piped[1]"]
    assert run.of("lock_created")[0].at == run.line("module")
    assert {event.at for event in run.of("lock_created")} >= {run.line("local"), run.line("attribute")}


# Getting in ----------------------------------------------------------------------------------------------


def test_the_program_finds_all_as_without_a_tracer(trace: Trace, start_method: str, tmp_path: Path) -> None:
    run = trace("surroundings.py", start_method, "an", "argument")
    assert run.exit_code == 0, run.printed("stderr")
    assert {event.process for event in run.of("said")} == {"MainProcess", "child"}


def test_the_stowaway(trace: Trace) -> None:
    run = trace(
        """
        import os
        from multiprocessing import Process
        from procsim import say
        def grandchild():
            say("in")
        def child():
            worker = Process(target=grandchild, name="grandchild")
            worker.start(); worker.join()
        if __name__ == "__main__":
            os.environ.clear()
            worker = Process(target=child)
            worker.start(); worker.join()
        """,
        "spawn",
    )
    assert [event.process for event in run.of("said")] == ["grandchild"]


def test_the_stowaway_stays_outside_of_a_python_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    run, (source,) = Stowaway("/nowhere").__reduce__()
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    monkeypatch.delenv(RUN_VARIABLE, raising=False)
    run(source)
    assert RUN_VARIABLE not in os.environ


def test_the_tracer_adds_nothing_heavy(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        import sys
        from multiprocessing import Process
        def child():
            heavy = {"typer", "rich", "psutil", "prompt_toolkit", "click", "procsim.running.run", "procsim.command.cli"}
            print(sorted(heavy & sys.modules.keys()))
        if __name__ == "__main__":
            worker = Process(target=child)
            worker.start(); worker.join()
        """,
        start_method,
    )
    assert run.printed() == "[]\n"


# In this process -----------------------------------------------------------------------------------------


@pytest.fixture
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A run that this process belongs to, with a reader of its events."""
    reader = EventQueueReader(EventQueue.create(tmp_path / "events"))
    write_settings(str(tmp_path), Settings("spawn", seed=1, races=True))
    monkeypatch.setenv(RUN_VARIABLE, str(tmp_path))
    yield tmp_path
    uninstall()
    reader.close()


@pytest.mark.usefixtures("nothing_left_behind")
def test_installing_twice_does_nothing_and_uninstalling_restores_all(run_folder: Path) -> None:
    import multiprocessing.queues

    plain = multiprocessing.queues.Queue.put
    assert install()
    traced = multiprocessing.queues.Queue.put
    assert traced is not plain
    assert not install()
    assert multiprocessing.queues.Queue.put is traced
    uninstall()
    uninstall()
    assert multiprocessing.queues.Queue.put is plain
    assert install()


@pytest.mark.usefixtures("nothing_left_behind")
def test_objects_made_while_it_was_installed_go_on(run_folder: Path) -> None:
    import multiprocessing

    context = multiprocessing.get_context("fork")
    assert install()
    lock, condition, queue = context.Lock(), context.Condition(), context.Queue()
    uninstall()
    with lock, condition:
        assert not lock.acquire(False)
        condition.notify()
    queue.put(1)
    assert queue.get() == 1
    queue.close()
    queue.join_thread()


def test_without_a_run_nothing_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(RUN_VARIABLE, raising=False)
    assert not install()
    monkeypatch.setenv(RUN_VARIABLE, str(tmp_path / "gone"))
    assert not install()


def test_a_python_program_that_the_program_starts_has_a_name_of_its_own(trace: Trace) -> None:
    run = trace(
        """
        import subprocess, sys
        subprocess.run([sys.executable, "-c", "print('inner')"], check=True)
        print("outer")
        """,
        "fork",
    )
    printed = {event.process: event.fields["text"] for event in run.of("printed")}
    assert printed == {"python -c": "inner\n", "MainProcess": "outer\n"}
    began = [event.process for event in run.of("process_began")]
    ended = [event.process for event in run.of("process_ended")]
    assert began == ["MainProcess", "python -c"]
    assert sorted(ended) == sorted(began)


def test_an_event_always_fits() -> None:
    from procsim.tracer.values import fitting
    from procsim.wire.pipe import ITEM_LIMIT

    class Name(str):
        pass

    long = "é" * 5000
    for fields in ({"text": long}, {long: long}, {"fields": {str(n): long for n in range(100)}}, {"name": Name("x")}):
        assert len(fitting((1, "said", 2, Name("p"), long, None, long, fields))) <= ITEM_LIMIT - 2


class Loud(Methods):
    def name(self: Any) -> Any:
        return Loud.real.name(self).upper()

    @staticmethod
    def kind() -> Any:
        return Loud.real.kind().upper()


def test_a_class_that_was_made_anew_has_its_own_methods_and_the_first_one_too() -> None:
    def made(text: str) -> Any:
        return type("Thing", (), {"name": lambda self: text, "kind": staticmethod(lambda: f"kind of {text}")})

    first, second, third = things = [made(text) for text in ("first", "second", "third")]
    try:
        for thing in things:
            Loud.replace_those_of(thing)
        assert [thing().name() for thing in things] == ["FIRST", "SECOND", "THIRD"]
        assert [thing.kind() for thing in things] == ["KIND OF FIRST", "KIND OF SECOND", "KIND OF THIRD"]
    finally:
        restore()
    assert [first().name(), second.kind(), third().name()] == ["first", "kind of second", "third"]


def test_only_errors_raised_below_came_from_elsewhere() -> None:
    def handler() -> None:
        raise OSError

    with pytest.raises(OSError) as raised:
        handler()
    caught_here, handlers_own = raised.value.__traceback__, raised.value
    assert caught_here is not None and raised_elsewhere(handlers_own)
    try:
        os.close(-1)
    except OSError as error:
        assert not raised_elsewhere(error)
    else:
        pytest.fail("closed a descriptor that there is not")


BESIDE_THREADS = """
import threading
from multiprocessing import Process
def stands(entered, goes_on):
    entered.set(); goes_on.wait()  # stands
def work():
    condition = threading.Condition()
    def notifies():
        with condition:
            condition.notify()
    with condition:
        threading.Thread(target=notifies).start()
        condition.wait()  # waits
def main():
    entered, goes_on = threading.Event(), threading.Event()
    before = threading.Condition.wait
    if BESIDE:
        threading.Thread(target=stands, args=(entered, goes_on), name="chatter").start()
        entered.wait()
    child = Process(target=work, name="child")
    child.start(); child.join()
    goes_on.set()
    assert threading.Condition.wait is before
if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("beside", [True, False])
def test_the_threads_at_a_fork(trace: Trace, start_method: str, beside: bool) -> None:
    run = trace(BESIDE_THREADS.replace("BESIDE", str(beside)), start_method)
    assert run.exit_code == 0, run.printed("stderr")
    well_formed(run)
    (started,) = run.of("process_started")
    told = beside and start_method == "fork"
    assert [*map(tuple, started.fields["threads"])] == ([("chatter", run.line("stands"))] if told else [])
    waits = run.of("own_thread_waiting", "own_thread_awoke")
    assert {event.process for event in waits} == ({"child"} if told else set())
    assert (run.line("waits") in {event.at for event in waits}) is told
    assert [event.kind for event in waits] == ["own_thread_waiting", "own_thread_awoke"] * (len(waits) // 2)
