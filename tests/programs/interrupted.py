"""Raises in the middle of all that the tracer does, wherever Python would look for a signal, as a signal handler may.

Each operation is done over and over, each time interrupted one step later, until it comes through. Printed is what
did not let the exception pass, and which lock was left held.
"""

import inspect
import multiprocessing as mp
import os
import queue
import subprocess
import sys
import tempfile

TRACER = "procsim.tracer."
context = mp.get_context("fork")


class Ring(BaseException):
    """What the handler raises."""


def interrupted(operation, thing, number):
    """Do it, and raise at the step of that number. Returns the step, where there was one."""
    steps, place = 0, None

    def step(frame, event, argument):
        nonlocal steps, place
        # A signal is seen where a function begins and where a call of C code returns.
        begins = event == "call" and not frame.f_code.co_flags & inspect.CO_GENERATOR
        if (
            frame.f_globals.get("__name__", "").startswith(TRACER)
            and (begins or event == "c_return")
            and os.getpid() == main
        ):
            steps += 1
            if steps == number:
                sys.setprofile(None)
                place = f"{frame.f_code.co_name} {event} {getattr(argument, '__name__', '')}"
                raise Ring

    passed = False
    sys.setprofile(step)
    try:
        operation(thing)
    except Ring:
        passed = True
    finally:
        sys.setprofile(None)
    if place and not passed:
        print(operation.__name__, "did not let it pass:", place)
    return place


def with_lock(lock):
    with lock:
        pass


def acquire_and_release(lock):
    lock.acquire(timeout=10)
    lock.release()


def refused(lock):
    with lock:
        lock.acquire(timeout=0.001)


def make(_):
    mp.Lock(), mp.Event(), mp.Condition(), mp.Barrier(2), mp.Queue(), mp.SimpleQueue(), mp.Pipe(), mp.Value("i")


def event(event):
    event.wait(0.001)
    event.set()
    event.wait()
    event.clear()


def barrier(barrier):
    barrier.wait()


def condition(condition):
    with condition:
        condition.notify()
        condition.wait(0.001)
        condition.wait_for(bool, 0.001)
        condition.notify_all()


def value(shared):
    shared.value += 1
    shared.value = 0


def array(shared):
    shared[0] += shared[-1]
    shared[:] = [0, 0]


def put_and_get(items):
    items.put(1)
    try:
        items.put(2, timeout=0.001)
    except queue.Full:
        items.get()
    try:
        items.get(timeout=0.001)
    except queue.Empty:
        items.qsize()


def join_tasks(tasks):
    tasks.put(1)
    tasks.get()
    tasks.task_done()
    tasks.join()


def simple(items):
    items.put(1)
    items.get()


def pipe(ends):
    ends[0].send(1)
    ends[1].recv()
    ends[1].send_bytes(b"x")
    ends[0].recv_bytes()


def process(_):
    child = context.Process(target=int)
    child.start()
    child.terminate()
    child.join()


def files(_):
    with open(path, "w") as file:
        file.write("x")
    with open(path, "rb") as file:
        file.read()


def program(_):
    subprocess.run(["true"])


def printing(_):
    print(end="")
    print("", end="", flush=True)


OPERATIONS = (
    (with_lock, mp.Lock),
    (with_lock, mp.RLock),
    (with_lock, mp.Condition),
    (acquire_and_release, mp.Lock),
    (acquire_and_release, lambda: mp.Semaphore(1)),
    (refused, mp.Lock),
    (make, int),
    (event, mp.Event),
    (barrier, lambda: mp.Barrier(1)),
    (condition, mp.Condition),
    (value, lambda: mp.Value("i")),
    (array, lambda: mp.Array("i", 2)),
    (put_and_get, lambda: mp.Queue(1)),
    (join_tasks, mp.JoinableQueue),
    (simple, mp.SimpleQueue),
    (pipe, mp.Pipe),
    (process, int),
    (files, int),
    (program, int),
    (printing, int),
)

if __name__ == "__main__":
    main = os.getpid()
    path = os.path.join(tempfile.gettempdir(), "interrupted")
    for operation, made in OPERATIONS:
        number, place = 0, "the first"
        while place:
            number += 1
            thing = made()
            place = interrupted(operation, thing, number)
            # A lock that was just acquired stays so without a tracer too: the call itself was interrupted.
            # And where a method of the lock only begins, there is nothing to tell it from the line before.
            own = place and place.endswith(("c_return acquire", "release call ", "__exit__ call "))
            if hasattr(thing, "acquire") and not own and not thing.acquire(block=False):
                print(operation.__name__, "left it held:", place)
        print(operation.__name__, "was interrupted" if number > 1 else "was never seen")
