"""The program observed must not notice: each program here does and prints the same with the tracer and without."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from .conftest import HANG_SECONDS, Trace

PROGRAMS = {
    "a signal handler raises while it waits for a lock": """
        import signal
        from multiprocessing import Lock
        def handler(*_): raise TimeoutError("alarm")
        signal.signal(signal.SIGALRM, handler)
        lock = Lock(); lock.acquire()
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try: lock.acquire()
        except TimeoutError as error: print(error)
        lock.release()
        print(lock.acquire(False))
    """,
    "a signal handler raises in the middle of everything": """
        import signal
        from multiprocessing import Lock, Queue
        class Ring(OSError): pass
        armed, rings = False, 0
        def handler(*_):
            global armed, rings
            if armed:
                armed = False
                rings += 1
                raise Ring
        signal.signal(signal.SIGALRM, handler)
        lock, queue = Lock(), Queue()
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        while rings < 200:
            try:
                armed = True
                while True:
                    lock.acquire()
                    queue.qsize()
                    lock.release()
            except Ring:
                lock.acquire(False)  # whether it was held or not, now it is
                lock.release()
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(lock.acquire(False), rings)
    """,
    "a handler that puts into a queue in the middle of a put": """
        import signal
        from multiprocessing import Queue
        one, other = Queue(), Queue()
        signal.signal(signal.SIGUSR1, lambda *_: other.put("signal"))
        class Item:
            def __reduce__(self): return str, ("item",)
        import os
        os.kill(os.getpid(), signal.SIGUSR1)
        one.put("item")
        print(one.get(), other.get())
    """,
    "calls from C, with no frame above": """
        import _thread, atexit, threading
        from multiprocessing import Lock, Queue, SimpleQueue, Condition, Event, Pipe
        import tempfile, os
        lock, queue, post, event = Lock(), Queue(1), SimpleQueue(), Event()
        for call, arguments in [
            (lock.acquire, ()), (queue.put_nowait, (1,)), (post.put, (1,)), (event.set, ()), (event.wait, ()),
            (Pipe, ()), (Queue, ()), (Lock, ()),
        ]:
            atexit.register(call, *arguments)
            _thread.start_new_thread(call, arguments)
        print(queue.get(), post.get(), event.wait())
        while lock._semlock._get_value(): pass
        lock.release()
        atexit.register(open, os.devnull)
        atexit.register(print, "the end")
    """,
    "classes of the program's own": """
        import multiprocessing as mp
        from multiprocessing.queues import Queue
        from multiprocessing.synchronize import Lock
        class Own(Queue):
            def __init__(self): super().__init__(3, ctx=mp.get_context())
            def __eq__(self, other): return self is other
            def put(self, item): super().put(item * 2)
        class OwnLock(Lock):
            def __init__(self): super().__init__(ctx=mp.get_context())
            def __eq__(self, other): return False
            def acquire(self): print("never called")
        class Worker(mp.Process):
            def __init__(self, queue, lock):
                super().__init__(name=Name("own"))
                self.queue, self.lock = queue, lock
            def start(self): print("start"); super().start()
            def run(self):
                with self.lock: self.queue.put(21)
            def join(self): super().join(); print("joined")
        class Name(str): pass
        if __name__ == "__main__":
            queue, lock = Own(), OwnLock()
            print(lock.acquire(), lock.release())
            worker = Worker(queue, lock); worker.start(); print(queue.get()); worker.join()
    """,
    "everything still pickles, and has its signature": """
        import inspect, multiprocessing as mp, pickle
        from multiprocessing import connection, process, queues, synchronize
        from multiprocessing.synchronize import Condition, Lock
        for owner in (process.BaseProcess, queues.Queue, Lock, Condition, connection.Connection):
            for name in dir(owner):
                function = getattr(owner, name)
                if inspect.isfunction(function):
                    if name not in ("acquire", "release"):  # they stand on the instances
                        print(owner.__name__, name, inspect.signature(function), function.__doc__)
                    assert pickle.loads(pickle.dumps(function)) is function
        assert pickle.loads(pickle.dumps(open)) is open
        print(inspect.signature(open))
    """,
    "nothing is kept alive": """
        import gc, multiprocessing as mp, weakref
        gc.disable()
        made = [mp.Lock(), mp.RLock(), mp.Semaphore(), mp.Condition(), mp.Event(), mp.Barrier(2), mp.Queue(),
                mp.SimpleQueue(), mp.JoinableQueue(), mp.Value("i"), mp.Process(), open("/dev/null")]
        names = [type(thing).__name__ for thing in made]
        made[0].acquire(); made[6].put(1); made[6].get(); made[6].close(); made[6].join_thread()
        references = [weakref.ref(thing) for thing in made]
        made.clear()
        if "thing" in globals(): del thing
        print([(name, reference() is None) for name, reference in zip(names, references)])
    """,
    "descriptors are closed": """
        import os
        from multiprocessing import Lock
        lock = Lock(); lock.acquire(); lock.release()
        os.closerange(3, 256); lock.acquire(); lock.release()
        os.closerange(3, 65536); lock.acquire(); lock.release()
        print(os.open("/dev/null", os.O_RDONLY))
    """,
    "a file that nobody closes, at the very end": """
        import sys, atexit, os
        def kept(path=sys.argv[1] if sys.argv[1:] else "kept.txt"):
            return open(path, "w")
        file = kept(); file.write("written at the end")
        class Holder: pass
        sys.holder = Holder(); sys.holder.file = kept("kept2.txt"); sys.holder.file.write("kept by sys")
        sys.modules["holder"] = sys.holder
        import subprocess
        if not os.environ.get("INNER"):
            os.environ["INNER"] = "1"
            command = [sys.executable, "-X", "dev", "-W", "ignore", __file__]
            print(subprocess.run(command, capture_output=True).stderr.decode())
            print(repr(open("kept.txt").read()), repr(open("kept2.txt").read()))
    """,
    "pools, executors, shared memory, managers": """
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import Manager, Pool, shared_memory
        def double(number): return 2 * number
        def wrong(number): raise KeyError(number)
        if __name__ == "__main__":
            with Pool(2) as pool:
                print(pool.map(double, range(5)), pool.apply_async(double, (4,)).get())
                print(list(pool.imap_unordered(double, [1])))
                try: pool.apply(wrong, (1,))
                except KeyError as error: print(repr(error))
            with ProcessPoolExecutor(2) as executor:
                print(list(executor.map(double, range(5))))
            memory = shared_memory.SharedMemory(create=True, size=10)
            memory.buf[0] = 7; print(memory.buf[0]); memory.close(); memory.unlink()
            with Manager() as manager:
                queue, table, lock = manager.Queue(), manager.dict(), manager.Lock()
                queue.put(1); table["a"] = queue.get()
                with lock: print(dict(table))
    """,
    "logging into a file": """
        import logging, multiprocessing as mp
        logging.basicConfig(filename="log.txt", filemode="w", level=logging.INFO, format="%(processName)s %(message)s")
        def child(): logging.info("child")
        if __name__ == "__main__":
            logging.info("main")
            worker = mp.get_context("fork").Process(target=child); worker.start(); worker.join()
            print(open("log.txt").read())
    """,
    "python programs that it runs": """
        import subprocess, sys
        for options in ([], ["-I"], ["-E"], ["-s"]):
            script = "import sys; print(sys.argv, [entry for entry in sys.path if 'procsim' in entry])"
            result = subprocess.run([sys.executable, *options, "-c", script, "x"], capture_output=True, text=True)
            print(result.stdout, result.stderr, result.returncode)
    """,
    "modules of its own beside it": """
        from pathlib import Path
        for name in ("resource", "dis"):
            Path(__file__).with_name(name + ".py").write_text("raise SystemExit('imported ' + __name__)")
        from multiprocessing import Lock, Queue
        lock = Lock()
        with lock: print("held")
        for name in ("resource", "dis"):
            Path(__file__).with_name(name + ".py").unlink()
    """,
    "exit codes and streams": """
        import sys
        print("out"); print("err", file=sys.stderr)
        class Text(str):
            def __str__(self): return "wrong"
            def __getitem__(self, index): return "wrong"
        sys.stdout.write(Text("right\\n"))
        sys.stdout.writelines(["a", "b\\n"])
        for wrong in (5, None, b"bytes"):
            try: sys.stdout.write(wrong)
            except TypeError as error: print(error)
        print(sys.stdout.write("é中\\n"), sys.stdout.encoding, sys.stdout.name, sys.stdout.mode)
        sys.exit("the reason")
    """,
}


def without_a_tracer(path: Path, folder: Path) -> tuple[str, str, int]:
    result = subprocess.run(
        [sys.executable, str(path)], cwd=folder, capture_output=True, timeout=HANG_SECONDS, check=False,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    return result.stdout.decode(), result.stderr.decode(), result.returncode


@pytest.mark.parametrize("what", PROGRAMS)
def test_it_does_the_same(trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text(textwrap.dedent(PROGRAMS[what]))
    out, err, code = without_a_tracer(tmp_path / "program.py", tmp_path)
    run = trace(PROGRAMS[what], None)
    assert (run.printed(), run.printed("stderr"), run.exit_code) == (out, err, code)


def test_main_guard_missing(trace: Trace, start_method: str, tmp_path: Path) -> None:
    run = trace(
        """
        from multiprocessing import Process
        def child(): print("child")
        worker = Process(target=child)
        worker.start()
        worker.join()
        print(worker.exitcode)
        """,
        start_method,
    )
    assert run.printed() == ("child\n0\n" if start_method == "fork" else "1\n")
    assert ("freeze_support" in run.printed("stderr")) == (start_method != "fork")


def test_its_own_sitecustomize(trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.theirs = 'ran'\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    program = "import sys, sitecustomize\nprint(theirs, sitecustomize.__file__, sys.path)\n"
    run = trace(program)
    out, _, _ = without_a_tracer(run.path, tmp_path)
    assert run.printed() == out
    (tmp_path / "sitecustomize.py").write_text("1 / 0\n")
    run = trace("print('still traced')\n\n")
    out, err, _ = without_a_tracer(run.path, tmp_path)
    assert (run.printed(), run.printed("stderr")) == (out, err)
    assert run.of("printed")[-1].pid or run.of("printed")[0].pid


def test_output_that_is_not_taken(trace: Trace) -> None:
    run = trace("import sys\nprint('half', end='')\nsys.stdout.flush()\nprint('é')\n", take_output=False)
    assert [event.fields["text"] for event in run.of("printed")] == ["half", "é\n"]
