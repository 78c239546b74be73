"""One process closes or ends something, and another one meets it before or after that: the exit code says what it met.

The way is the first argument.
"""

import os
import sys
from collections.abc import Callable
from multiprocessing import Barrier, Manager, Pipe, Process, Queue, Semaphore, Value, active_children
from threading import BrokenBarrierError
from typing import Any


def start(function: Callable[..., None], *args: Any) -> Any:
    process = Process(target=function, args=args, name="other")
    process.start()
    return process


# Pipes -------------------------------------------------------------------------------------------------------


def close(receiving: Any, sending: Any, looks: bool) -> None:
    sending.close()
    if looks and receiving.poll():
        receiving.recv()
    receiving.close()


def leave(receiving: Any, sending: Any) -> None:
    pass


def send(sending: Any, receiving: Any) -> int:
    """How many messages can be sent."""
    receiving.close()
    sent = 0
    try:
        for _ in range(2):
            sending.send("message")
            sent += 1
    except OSError:
        pass
    return sent


def closed(duplex: bool = False) -> int:
    receiving, sending = Pipe(duplex)
    start(close, receiving, sending, False)
    return send(sending, receiving)


def closed_by_two() -> int:
    receiving, sending = Pipe(False)
    start(close, receiving, sending, False)
    start(close, receiving, sending, False)
    return send(sending, receiving)


def ended() -> int:
    receiving, sending = Pipe(False)
    start(leave, receiving, sending)
    return send(sending, receiving)


def reset() -> int:
    mine, theirs = Pipe()
    start(close, theirs, mine, True)
    theirs.close()
    try:
        mine.send("message")
    except OSError:
        return 1
    try:
        mine.recv()
    except EOFError:
        return 2
    except ConnectionResetError:
        return 3
    return 4


# Processes ---------------------------------------------------------------------------------------------------


def write_twice(number: Any) -> None:
    number.value = 1
    number.value = 2


def terminated(way: str = "terminate") -> int:
    number = Value("i", 0)
    victim = start(write_twice, number)
    if way == "signal":
        os.kill(victim.pid, 9)
    else:
        getattr(victim, way)()
    victim.join()
    return 2 * int(number.value) + int(victim.exitcode != 0)


def lives() -> int:
    start(leave, None, None)
    return len(active_children())


def put_later(queue: Any, number: Any) -> None:
    queue.get()
    number.value = 1


def terminated_while_it_waits() -> int:
    queue: Any = Queue()
    number = Value("i", 0)
    start(queue_feeder, queue)
    victim = start(put_later, queue, number)
    victim.terminate()
    victim.join()
    return int(number.value)


def queue_feeder(queue: Any) -> None:
    queue.put("item")


# What processes share ----------------------------------------------------------------------------------------


def write_entry(shared: Any, number: Any) -> None:
    try:
        shared["entry"] = 1
        number.value = 1
    except (OSError, EOFError):
        number.value = 2


def shut_down() -> int:
    number, manager = Value("i", 0), Manager()
    shared = manager.dict()
    writer = start(write_entry, shared, number)
    manager.shutdown()
    writer.join()
    return int(number.value)


def get(queue: Any) -> None:
    queue.get()


def full() -> int:
    queue: Any = Queue(1)
    queue.put("item")
    start(get, queue)
    return int(queue.full())


def acquire(semaphore: Any) -> None:
    semaphore.acquire()


def counted() -> int:
    semaphore = Semaphore(3)
    start(acquire, semaphore)
    return semaphore.get_value()


def come(barrier: Any) -> None:
    try:
        barrier.wait()
    except BrokenBarrierError:
        sys.exit(3)


def aborted() -> int:
    barrier = Barrier(1)
    other = start(come, barrier)
    barrier.abort()
    other.join()
    return int(other.exitcode)


def waits_at() -> int:
    barrier = Barrier(2)
    start(come, barrier)
    found = barrier.n_waiting
    barrier.wait()
    return int(found)


# Files -------------------------------------------------------------------------------------------------------


def change(way: str) -> None:
    if way == "removed":
        os.unlink("file.txt")
    elif way == "truncated":
        with open("file.txt", "r+") as file:
            file.truncate(0)
    elif way == "truncated by its descriptor":
        with open("file.txt", "r+") as file:
            os.ftruncate(file.fileno(), 0)
    elif way == "written":
        with open("file.txt", "w") as file:
            file.write("abc")


def looked_at(way: str) -> int:
    """What is in the file, or how long it is, if that is written to."""
    with open("file.txt", "w") as file:
        file.write("a")
    start(change, way)
    try:
        if way == "written":
            return os.stat("file.txt").st_size
        with open("file.txt") as file:
            return 1 if file.read() == "a" else 2
    except FileNotFoundError:
        return 3


def write_moved() -> None:
    with open("moved.txt", "r+") as file:
        file.write("b")


def moved() -> int:
    with open("file.txt", "w") as file:
        file.write("a")
    with open("file.txt") as file:
        os.rename("file.txt", "moved.txt")
        start(write_moved)
        return 1 if file.read() == "a" else 2


WAYS: dict[str, Callable[[], int]] = {
    "closed": closed,
    "closed both ways": lambda: closed(True),
    "closed by two": closed_by_two,
    "ended": ended,
    "reset": reset,
    "terminated": terminated,
    "killed": lambda: terminated("kill"),
    "killed by a signal": lambda: terminated("signal"),
    "terminated while it waits": terminated_while_it_waits,
    "lives": lives,
    "shut down": shut_down,
    "full": full,
    "counted": counted,
    "aborted": aborted,
    "waits at": waits_at,
    "moved": moved,
}

if __name__ == "__main__":
    os.chdir(os.environ["TMPDIR"])
    way = sys.argv[1]
    sys.exit(WAYS[way]() if way in WAYS else looked_at(way))
