"""The program observed must not notice: each program here does and prints the same with the tracer and without."""

import sys
import textwrap
from pathlib import Path

import pytest

from procsim.tracer.values import plain, value_of

from .conftest import Trace, thorough, without_a_tracer

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
    "modules that are imported anew while objects of the first ones live on": """
        import multiprocessing, sys
        from multiprocessing import connection, pool, process, queues, synchronize
        def made():
            context = multiprocessing.get_context("fork")
            return context.Queue(), context.JoinableQueue(), context.SimpleQueue(), context.Lock(), context.Condition()
        def use(queue, joinable, simple, lock, condition):
            for each in (queue, joinable, simple):
                each.put("item")
                print(each.get())
            joinable.task_done()
            joinable.join()
            with lock, condition:
                condition.notify()
                print(lock.acquire(False), condition.wait(0))
        first = made()
        for module in (queues, synchronize, connection):
            del sys.modules[module.__name__]
            delattr(multiprocessing, module.__name__.rpartition(".")[2])
            second = made()
            use(*first)
            use(*second)
        print([type(one) is type(other) for one, other in zip(first, second)])
        child = multiprocessing.get_context("fork").Process(target=use, args=(*first[:3], *second[3:]))
        child.start()
        child.join()
        print(child.exitcode)
    """,
    "a value and a condition whose lock is a condition, or of a class of the program's": """
        from multiprocessing import Condition, Value, get_context
        from multiprocessing.synchronize import Lock
        class Counted(Lock):
            entered = left = 0
            def __enter__(self):
                self.entered += 1
                return super().__enter__()
            def __exit__(self, *args):
                self.left += 1
                super().__exit__(*args)
        for make in (lambda lock: Value("i", lock=lock), lambda lock: Condition(lock)):
            lock = Counted(ctx=get_context())
            with make(lock): pass
            print(lock.entered, lock.left, lock.acquire(False))
        value = Value("i", lock=Condition())
        with value: value.value += 1
        print(value.acquire(), value.release(), value.value)
    """,
    "a value and a condition whose lock has methods that the program has put there": """
        from multiprocessing import Condition, Value, get_context
        from multiprocessing.synchronize import Lock
        class Counted(Lock):
            def __init__(self):
                super().__init__(ctx=get_context())
                self.calls, self.acquire, self.release = [], self.take, self.give_back
            def take(self, *args):
                self.calls.append("take")
                return self._semlock.acquire(*args)
            def give_back(self):
                self.calls.append("give back")
                self._semlock.release()
        for make in (lambda lock: Value("i", lock=lock), Condition):
            lock = Counted()
            shared = make(lock)
            with shared: pass
            print(shared.acquire(), shared.release(), lock.calls)
        value = Value("i", lock=Counted())
        value.value += 1
        print(value.get_lock().calls)
    """,
    "functions of C as attributes of a class, pickled and shown": """
        import os, pickle, time
        class Machine:
            nap, end, read = time.sleep, os.kill, open
        machine = Machine()
        machine.nap(0), machine.end(os.getpid(), 0), machine.read(__file__).close()
        for function in (time.sleep, os.kill, open):
            print(function, function.__name__, pickle.loads(pickle.dumps(function)) is function)
        for wrong in ((), (1,), ("1", 9), (2**40, 9), (os.getpid(), -1)):
            try: os.kill(*wrong)
            except Exception as error: print(type(error).__name__, error)
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
    "a flag that is no bool: somebody takes it for the timeout": """
        from multiprocessing import Condition, Lock, Queue, RLock, Semaphore, Value
        class Index:
            def __index__(self): return 1
        for odd in (0.5, 0.0, "x", "", None, [], [1], 1j, Index(), 1, 0, 2, -1, object):
            for thing in (Lock(), RLock(), Semaphore(2), Semaphore(0), Condition(), Condition(Lock()), Value("i")):
                try: print(type(odd), type(thing), thing.acquire(odd, 0))
                except TypeError as error: print(type(odd), type(thing), error)
            for queue in (Queue(), Queue(1)):
                try: print(type(odd), queue.put(1, odd, 0), queue.put(1, odd, 0))
                except Exception as error: print(type(odd), repr(error))
    """,
    "descriptors are closed": """
        import os
        from multiprocessing import Lock
        lock = Lock(); lock.acquire(); lock.release()
        os.closerange(3, 256); lock.acquire(); lock.release()
        os.closerange(3, 65536); lock.acquire(); lock.release()
        print(os.open("/dev/null", os.O_RDONLY))
    """,
    "descriptors are closed, and files opened under their numbers": """
        import os, resource, sys
        from multiprocessing import Lock, Process
        def take(lock, names, method):
            limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
            os.closerange(3, limit)
            files = [open(name, "wb", buffering=0) for name in names]
            for _ in range(100):
                with lock: pass
            for file in files: file.write(b"mine"); file.close()
            print(method, "foreign bytes:", [name for name in names if open(name, "rb").read() != b"mine"], flush=True)
        if resource.getrlimit(resource.RLIMIT_NOFILE)[0] != 256:  # it is to hold from the beginning
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
            os.execv(sys.executable, [sys.executable, *sys.argv])
        lock, names = Lock(), [f"out-{number}" for number in range(236)]
        child = Process(target=take, args=(lock, names, "fork")); child.start(); child.join()
        take(lock, names, "main")
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
        names = ("resource", "dis", "opcode", "termios", "typing")
        for name in names:
            Path(__file__).with_name(name + ".py").write_text("print('imported', __name__)")
        from multiprocessing import Lock, Queue
        lock = Lock()
        with lock: print("held")
        for name in names:
            __import__(name)
            Path(__file__).with_name(name + ".py").unlink()
    """,
    "it replaces what the tracer has replaced": """
        import atexit, builtins, multiprocessing as mp, sys
        from multiprocessing import process, queues
        write, put = sys.stdout.write, queues.Queue.put
        queues.Queue.put = lambda self, item: put(self, item.upper())
        process.BaseProcess.join = lambda self, timeout=None: print("joined")
        sys.stdout.write = lambda text: write(text.upper())
        sys.meta_path[:] = sys.meta_path[-1:]
        builtins.open = lambda path: path
        queue = mp.Queue(); queue.put("item"); print(queue.get())
        mp.Process().join()
        class Late:
            def __del__(self): print(open("late"))
        sys.late = Late()
    """,
    "its environment is changed, then cleared": """
        import multiprocessing as mp, os, subprocess, sys
        def child(queue): queue.put((os.environ.get("MINE"), "PATH" in os.environ))
        if __name__ == "__main__":
            command = [sys.executable, "-c", "import os; print(sorted(os.environ))"]
            for change in (lambda: os.environ.update(MINE="1", PYTHONPATH="."), os.environ.clear):
                change()
                for method in ("fork", "spawn", "forkserver"):
                    context = mp.get_context(method)
                    queue = context.Queue()
                    worker = context.Process(target=child, args=(queue,)); worker.start()
                    print(method, queue.get()); worker.join()
                print(subprocess.run(command, env={}, capture_output=True, text=True).stdout)
    """,
    "signal handlers of its own": """
        import multiprocessing as mp, os, signal, time
        rings = []
        for name in ("SIGINT", "SIGTERM", "SIGCHLD", "SIGUSR1"):
            signal.signal(getattr(signal, name), lambda number, _: rings.append(signal.Signals(number).name))
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        def child():
            for number in (signal.SIGINT, signal.SIGTERM): os.kill(os.getpid(), number)
            print(rings)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        def into_a_closed_pipe():
            reader, writer = os.pipe(); os.close(reader); os.write(writer, b"x")
        context = mp.get_context("fork")
        for target in (child, into_a_closed_pipe):
            worker = context.Process(target=target); worker.start(); worker.join(); print(worker.exitcode)
        os.kill(os.getpid(), signal.SIGUSR1)
        print(sorted(set(rings)))
    """,
    "hooks of its own": """
        import sys, threading
        from multiprocessing import Lock, Queue
        def hook(kind, error, trace):
            frames = []
            while trace is not None: frames.append(trace.tb_frame.f_code.co_name); trace = trace.tb_next
            print("hook", kind.__name__, error, frames)
        sys.excepthook = hook
        threading.excepthook = lambda arguments: print("thread", arguments.exc_value)
        sys.unraisablehook = lambda arguments: print("unraisable", arguments.exc_value)
        class Wrong:
            def __del__(self): raise ValueError("in __del__")
        Wrong()
        threading.Thread(target=lambda: 1 / 0).start()
        lines = []
        def trace(frame, event, argument):
            if frame.f_code.co_filename == __file__: lines.append((event, frame.f_lineno))
            return trace
        def work():
            with lock: queue.put(1)
            print(queue.get(), open(__file__).readline())
        lock, queue = Lock(), Queue()
        for setter in (sys.settrace, sys.setprofile):
            setter(trace); work(); setter(None)
        print([entry for entry in lines if "c_" not in entry[0]])
        raise KeyError("at the end")
    """,
    "standard streams are replaced": """
        import contextlib, io, os, sys
        with contextlib.redirect_stdout(io.StringIO()) as text: print("inside")
        print("it was", repr(text.getvalue()))
        for number, stream in ((1, sys.stdout), (2, sys.stderr)):
            kept = os.dup(number)
            file = os.open("over.txt", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, number)
            print("over", number, file=stream, flush=True)
            os.system(f"echo from a shell >&{number}")
            os.dup2(kept, number); os.close(kept)
            print(os.pread(file, 100, 0))
            os.close(file)
        sys.stdout.reconfigure(line_buffering=True)
        out, sys.stdout = sys.stdout, io.StringIO()
        print("lost"); sys.stdout = out; print("kept")
        again = io.TextIOWrapper(out.detach(), "utf-8", write_through=True)
        print("detached", file=again)
        sys.stdout = None
        print("nowhere")
    """,
    "threads beside processes": """
        import multiprocessing as mp, threading
        def child(number, queue): queue.put(number * number)
        def start(number):
            queue = context.SimpleQueue()
            worker = context.Process(target=child, args=(number, queue)); worker.start()
            results[number] = queue.get(); worker.join()
        if __name__ == "__main__":
            context, results = mp.get_context("spawn"), {}
            threads = [threading.Thread(target=start, args=(number,)) for number in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            print(sorted(results.items()))
    """,
    "forks, exits and execs of its own": """
        import atexit, multiprocessing as mp, os, sys
        atexit.register(print, "exit handler")
        def ended(): return os.waitstatus_to_exitcode(os.wait()[1])
        if os.fork() == 0:
            if os.fork() == 0: os._exit(3)
            print("grandchild", ended(), flush=True)
            os._exit(4)
        print("child", ended())
        if os.fork() == 0: sys.exit(5)
        print("child", ended())
        def execute(): os.execv(sys.executable, [sys.executable, "-c", "import sys; sys.exit(6)"])
        def clear(): os.execve("/bin/sh", ["sh", "-c", "exit ${NONE-7}"], {})
        def out(): os._exit(8)
        context = mp.get_context("fork")
        for target in (execute, clear, out):
            worker = context.Process(target=target); worker.start(); worker.join(); print(worker.exitcode)
        print(os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-I", "-c", "import sys; sys.exit(9)"]))
        os.execv(sys.executable, [sys.executable, "-c", "print('another program')"])
    """,
    "it closes, moves and limits": """
        import os, resource, subprocess, sys
        from multiprocessing import Lock, Pipe, Process
        lock = Lock()
        os.closerange(3, 65536); os.chdir("/"); os.umask(0o777)
        resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
        with lock: print(os.getcwd())
        files = []
        try:
            while True: files.append(open("/dev/null"))
        except OSError as error: print(error.errno, len(files) > 5)
        with lock: print("no descriptor is left")
        files.clear()
        with lock: print(subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True).stdout)
    """,
    "no descriptor is left before anything was said": """
        import os, resource, sys
        os.closerange(3, 65536)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        print("a line", "of parts", 1)
        print("flushed", end="", flush=True)
        print("x" * 10_000, "a long one", file=sys.stderr)
        print("the last, with no end", end="")
    """,
    "at the recursion limit": """
        import multiprocessing as mp
        def depths(lock):
            with lock: pass
            depths(lock)
        for lock in (mp.Lock(), mp.RLock(), mp.Semaphore(1), mp.Condition(), mp.Value("i")):
            try: depths(lock)
            except RecursionError: pass
            free = lock.get_lock() if hasattr(lock, "get_lock") else lock
            print(mp.Process(target=free.acquire).run(), free.acquire(False))
    """,
    "the files are gone that the tracer would read": """
        import builtins, io, multiprocessing as mp, os, sys
        from multiprocessing import connection, pool, queues, synchronize
        def refuse(event, arguments):
            if event in ("open", "import"): raise RuntimeError(f"{event} {arguments[0]}")
        sys.addaudithook(refuse)
        lock, event = mp.Lock(), mp.Event()
        here, there = mp.Pipe()
        with lock: print(event.is_set(), there.send(1), here.recv())
        for _ in range(200): lock.acquire(); lock.release()
    """,
    "a hook refuses the files that the program does not open itself": """
        import multiprocessing as mp, sys
        def refuse(event, arguments):
            if event == "open" and str(arguments[0]) != "mine.txt": raise PermissionError(arguments[0])
        worker = mp.get_context("fork").Process(target=print, args=("child",))
        from multiprocessing import popen_fork
        with open("mine.txt", "w"): pass
        sys.addaudithook(refuse)
        sys.modules["new"] = sys  # as if it had been imported now
        with open("mine.txt", "w") as file: print(file.write("a"))
        worker.start(); worker.join(); print(worker.exitcode)
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
    "a process that is started twice, closed, or was never started": """
        import multiprocessing as mp
        def use(process, *names):
            for name in names:
                try: print(name, getattr(process, name)() if name != "exitcode" else process.exitcode)
                except Exception as error: print(name, type(error).__name__, error)
        METHODS = "join", "terminate", "kill", "is_alive", "exitcode", "start"
        class Unmade(mp.get_context("fork").Process):
            def __init__(self): pass
        if __name__ == "__main__":
            for method in ("fork", "spawn", "forkserver"):
                process = mp.get_context(method).Process(target=abs, args=(1,), name="p")
                use(process, *METHODS, "start", "join", "start", "close", *METHODS)
            use(Unmade(), *METHODS)
    """,
    "exceptions whose class forbids or answers what is set and asked of them": """
        import dataclasses, sys, threading, traceback
        from multiprocessing import get_context
        @dataclasses.dataclass(frozen=True)
        class Frozen(Exception):
            code: int
        class Spy(Exception):
            def __getattribute__(self, name):
                print("asked for", name)
                return super().__getattribute__(name)
            def __setattr__(self, name, value):
                print("set", name)
        class Group(ExceptionGroup):
            exceptions = __traceback__ = __cause__ = __context__ = property(lambda self: print("asked"))
        def work(error):
            try: raise KeyError
            finally: raise error
        errors = Frozen(1), Group("group", [Frozen(2), Spy(3)]), Spy(4)
        threading.excepthook = lambda args: sys.__excepthook__(*args[:3])
        for error in errors:
            for start in (threading.Thread, get_context("fork").Process):
                thread = start(target=work, args=(error,))
                thread.start()
                thread.join()
            try: work(error)
            except BaseException: traceback.print_exc()
        work(errors[int(len(sys.argv) > 1)])
    """,
    "code made by exec that recurses almost to the limit": """
        import sys, traceback
        from multiprocessing import get_context
        names = {"lock": get_context("fork").Lock(), "__file__": "x"}
        exec("def go(n): return go(n - 1) if n else (lock.acquire(), lock.release())", names)
        for depth in (100, 600, 900):
            print(names["go"](depth))
    """,
    "locks, conditions and queues of classes of its own": """
        import multiprocessing as mp
        from multiprocessing.pool import Pool
        from multiprocessing.queues import JoinableQueue, Queue, SimpleQueue
        from multiprocessing.synchronize import Barrier, Condition, Event, Lock, RLock
        context = mp.get_context("fork")
        here = True
        def say(*words):
            if here: print(*words)
        def spied(base, *methods):
            def method(name):
                def call(self, *args, **options):
                    say(base.__name__, name, args, options)
                    return getattr(base, name)(self, *args, **options)
                return call
            def __getattr__(self, name):
                say("asked for", name)
                raise AttributeError(name)
            def __setattr__(self, name, value):
                say("set", name)
                object.__setattr__(self, name, value)
            spies = {"__getattr__": __getattr__, "__setattr__": __setattr__}
            for name in ("__bool__", "__len__", "__eq__", "__hash__", "__repr__"):
                spies[name] = lambda self, *_, name=name: say("called", name) or (id(self) if name == "__hash__" else 0)
            return type("Own", (base,), spies | {name: method(name) for name in methods})
        for base in (Lock, RLock, Condition):
            lock = spied(base, "acquire", "release", "__enter__", "__exit__", "notify", "wait")(ctx=context)
            print(lock.acquire(), lock.release())
            with lock:
                if base is Condition: lock.wait(0), lock.notify(), lock.notify_all(), lock.wait_for(lambda: True)
        event = spied(Event, "set", "clear", "wait", "is_set")(ctx=context)
        event.set(), event.wait(), event.clear(), event.wait(0)
        barrier = spied(Barrier, "wait")(1, ctx=context)
        print(barrier.wait())
        for base in (Queue, JoinableQueue, SimpleQueue):
            queue = spied(base, "put", "get", "put_nowait", "get_nowait", "empty", "close")(ctx=context)
            queue.put(1), queue.get(), queue.close()
        pool = spied(Pool, "apply_async", "map", "close")(1, context=context)
        print(pool.apply(abs, (-1,)), pool.map(abs, [-2]), list(pool.imap(abs, [-3])))
        here = False  # its thread and the others print in any order at the end
        pool.close(), pool.join()
    """,
    "arguments and names of types of its own": """
        import multiprocessing as mp, os, sys
        from concurrent.futures import ProcessPoolExecutor
        main, context = os.getpid(), mp.get_context("fork")
        def say(*words):
            asks = sys._getframe(2).f_globals["__name__"]  # C code calls the others, in another order each time
            if os.getpid() == main and asks.startswith(("procsim", "__main__")):
                print(*words)
        def spied(called, base, *names):
            def method(name):
                def call(self, *args):
                    say(base.__name__, name)
                    return getattr(base, name)(self, *args)
                return call
            return type(called, (base,), {f"__{name}__": method(f"__{name}__") for name in names})
        Name = spied("Name", str, "str", "getitem", "eq", "hash", "len", "format", "contains")
        Number = spied("Number", int, "bool", "eq", "gt", "lt", "le", "ge", "index", "repr", "hash")
        Mode = spied("Mode", str, "contains", "eq", "hash")
        class Task:
            def __call__(self, *args): return len(args)
            def __getattr__(self, name):
                say("asked for", name)
                raise AttributeError(name)
            def __bool__(self): say("is it true?"); return True
            def __len__(self): say("how long?"); return 1
            def __eq__(self, other): say("equal?"); return self is other
            def __hash__(self): say("hash?"); return 1
            def __repr__(self): say("shown"); return "x"
            __class__ = property(lambda self: say("which class?") or int)
            def __reduce__(self): return Task, ()
        class Names(dict):
            def get(self, *args): say("get"); return super().get(*args)
            def __contains__(self, *args): say("contains"); return super().__contains__(*args)
        process = context.Process(target=Task(), name=Name("worker"), daemon=Number(1))
        process.start()
        process.join()
        mp.current_process().name = Name("main")
        queue = context.Queue(Number(9))
        for item in (Name("item"), Number(3), Task(), [Name("x"), Number(1)], {Name("key"): Task()}):
            queue.put(item)
            queue.get(Number(1))
        with context.Pool(1) as pool:
            print(pool.map(Task(), [1, 2]), pool.apply_async(Task(), (1,), {}, Task(), Task()).get())
            pool.apply_async(Task(), (), {}, Task()).wait()
            print(list(pool.imap(Task(), iter([1]), Number(1))))
        executor = ProcessPoolExecutor(1, context)
        print(executor.submit(Task(), 1).result(), list(executor.map(Task(), [1])))
        executor.shutdown(Number(1))
        for name in (Name("module"), Task()):
            names = Names(context=context, queue=queue, __name__=name)
            exec("lock = context.Lock(); lock.acquire(); lock.release(); queue.put(1); queue.get()", names)
        open(__file__, Mode("r")).close()
    """,
}


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


def test_it_is_traced_where_it_takes_its_rights_away_at_once(trace: Trace) -> None:
    run = trace(
        """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        print("said")
        """
    )
    assert [event.fields["text"] for event in run.of("printed") if event.pid] == ["said\n"]


EVERYTHING = """
    import multiprocessing as mp, os, subprocess, sys, tempfile, warnings
    def child(lock, queue, tasks, connection, event):
        with lock: queue.put(os.getpid() != os.getppid())
        tasks.get(); tasks.task_done()
        connection.send("sent"); connection.close()
        event.wait()
        print(mp.current_process().name, flush=True)
    def double(number): return number * 2
    if __name__ == "__main__":
        for method in ("fork", "spawn", "forkserver"):
            context = mp.get_context(method)
            lock, queue, tasks, event = context.Lock(), context.Queue(), context.JoinableQueue(), context.Event()
            receiver, sender = context.Pipe(duplex=False)
            worker = context.Process(target=child, args=(lock, queue, tasks, sender, event), name=method)
            worker.start(); sender.close()
            tasks.put("task"); tasks.join()
            print(queue.get(), receiver.recv()); receiver.close()
            event.set(); worker.join(); print(worker.exitcode); worker.close()
            for one in (queue, tasks): one.close(); one.join_thread()
        with mp.get_context("spawn").Pool(1) as pool: print(pool.map(double, [1, 2])); pool.close(); pool.join()
        with mp.get_context("spawn").Manager() as manager: print(manager.list([1]))
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "a"), "w") as file: file.write("text")
            with open(os.path.join(folder, "a"), "rb") as file: print(file.read())
        print(sys.flags, sys.warnoptions)
        print(subprocess.run([sys.executable, "-c", "print(2)"], capture_output=True))
"""

FLAGS = (
    ["-OO"], ["-bb"], ["-X", "utf8=0"], ["-X", "dev", "-W", "error"], ["-X", "warn_default_encoding"],
    *thorough(["-O"], ["-u"], ["-s"], ["-P"], ["-B"], ["-X", "dev"], ["-W", "error"], ["-X", "tracemalloc"]),
)  # fmt: skip


@pytest.mark.parametrize("options", FLAGS, ids=" ".join)
def test_it_does_the_same_whatever_python_is_told(
    trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text(textwrap.dedent(EVERYTHING))
    out, err, code = without_a_tracer(tmp_path / "program.py", tmp_path, *options)
    run = trace(EVERYTHING, None, options=options)
    assert (run.printed(), run.printed("stderr"), run.exit_code) == (out, err, code)
    names = {event.process for event in run.of("process_began")}
    assert {"fork", "spawn", "forkserver"} < names


def test_what_a_signal_handler_raises_passes_through_each_operation(trace: Trace) -> None:
    run = trace("interrupted.py", None)
    lines = run.printed().splitlines()
    assert [line for line in lines if not line.endswith("was interrupted")] == []
    assert len(lines) == 20


def test_a_python_that_cannot_be_traced_is_named(trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = trace(
        """
        import os, subprocess, sys
        from pathlib import Path
        Path("child.py").write_text("print('child')")
        for options in (["-I"], ["-ES"], ["-X", "dev", "-uS"], ["-Wignore", "-X", "utf8", "-s"], ["-m", "this", "-I"]):
            subprocess.run([sys.executable, *options, "child.py"], stdout=subprocess.DEVNULL)  # run
        subprocess.Popen(args=f"{sys.executable} -I child.py", shell=True, env={b"A": b"B"}).wait()
        subprocess.run(["anything", "child.py"], executable=sys.executable, env=dict(os.environ, PYTHONPATH="mine"))
        subprocess.run(["true", "-I"])
        """
    )
    named = [(event.process, event.fields["reason"], event.at) for event in run.of("process_untraced")]
    python = Path(sys.executable).name
    here = run.line("run")
    assert named == [
        (f"{python} -I child.py", "-I", here),
        (f"{python} -ES child.py", "-E", here),
        (f"{python} -X dev -uS child.py", "-S", here),
        (f"{python} -I child.py", "-I", "program.py:7"),
        (f"{python} child.py", "environment", "program.py:8"),
    ]
    ended = {event.pid for event in run.of("process_ended")}
    assert {event.pid for event in run.of("process_untraced")} <= ended


def test_a_main_process_that_cannot_be_traced_is_named(trace: Trace) -> None:
    run = trace("print('main')\nprint('-I')\n", None, options=["-I"])
    assert run.printed() == "main\n-I\n"
    assert [(event.pid, event.fields["reason"]) for event in run.of("process_untraced")] == [(run.events[0].pid, "-I")]


def test_children_are_traced_whatever_became_of_the_environment(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        import multiprocessing as mp, os
        def child(lock):
            with lock: pass
        if __name__ == "__main__":
            os.environ.clear()
            lock = mp.Lock()
            worker = mp.Process(target=child, args=(lock,), name="child")
            worker.start(); worker.join()
        """,
        start_method,
    )
    assert [event.process for event in run.of("lock_acquired")] == ["child"]


def test_a_value_that_contains_itself_is_put_as_ever(trace: Trace) -> None:
    recording = trace(
        """
        from multiprocessing import Pipe, Queue
        itself, deep = [], [1]
        itself.append(itself)
        for _ in range(60):
            deep = [deep, deep]
        if __name__ == "__main__":
            queue, (here, there) = Queue(), Pipe()
            for value in (itself, deep):
                queue.put(value)
                got = queue.get()
                here.send(value)
                print(type(got), len(got), type(there.recv()))
        """
    )
    assert recording.exit_code == 0
    assert recording.printed() == "<class 'list'> 1 <class 'list'>\n<class 'list'> 2 <class 'list'>\n"
    assert [event.fields["value"] for event in recording.of("queue_put")] == ["<list>", "<list>"]


class Unfriendly(type):
    """A metaclass of a program whose classes may be neither compared nor named."""

    __hash__ = type.__hash__

    def __eq__(cls, other: object) -> bool:
        raise NotImplementedError

    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise NotImplementedError


class Value(metaclass=Unfriendly):
    pass


def test_what_a_metaclass_defines_is_not_called() -> None:
    assert value_of(Value()) == plain(Value()) == "<Value>"
    assert value_of([Value()]) == "<list>"
    assert plain({Value(): Value()}) == {"<Value>": "<Value>"}


def test_a_fork_keeps_no_thread_of_the_program(trace: Trace) -> None:
    run = trace(
        """
        import os, threading, weakref
        from multiprocessing import get_context
        done = threading.Event()
        thread = threading.Thread(target=done.wait, name="helper")
        thread.start()
        child = os.fork()  # forks
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
        process = get_context("fork").Process(target=len, args=([],))
        process.start()
        process.join()
        done.set()
        thread.join()
        seen = weakref.ref(thread)
        del thread
        print(seen())
        alone = os.fork()
        if not alone:
            os._exit(0)
        os.waitpid(alone, 0)
        """
    )
    assert run.printed() == "None\n"
    _, plain, started, alone = run.of("process_began")
    assert (plain.at, plain.fields["threads"]) == (run.line("forks"), [["helper", None]])
    assert not started.fields.get("threads")
    assert not alone.fields["threads"]
    (event,) = run.of("process_started")
    assert [name for name, _ in event.fields["threads"]] == ["helper"]
    assert event.fields["library_threads"] == 0
