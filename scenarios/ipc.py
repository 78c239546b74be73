"""Processes do not see each other's data, unless something carries it across.

A variable is copied for each child: what one process changes, no other sees. A queue, a pipe, a shared Value or a
Manager carries a message from one child to the other.
"""

import time
from collections.abc import Iterator
from multiprocessing import Event, Manager, Pipe, Process, Queue, Value
from typing import TYPE_CHECKING, Annotated, Any, Literal

from procsim import Claim, say, start

if TYPE_CHECKING:
    from procsim.state import RunState

MESSAGE = 42
BEFORE = 1


def change(numbers: dict[str, int]) -> None:
    """The child: change what it was given."""
    before, numbers["number"] = numbers["number"], MESSAGE
    say("changes the number from {before} to {after}", before=before, after=numbers["number"])


def send(via: str, way: Any, ready: Any, written: Any, pause: float) -> None:
    """The process p: once c is ready, send it the message."""
    ready.wait()
    time.sleep(pause)
    say("sends {message} by {via}", message=MESSAGE, via=via)
    if via == "queue":
        way.put(MESSAGE)
    elif via == "pipe":
        way.send(MESSAGE)
    elif via == "value":
        way.value = MESSAGE
    else:
        way["message"] = MESSAGE
    written.set()


def receive(via: str, way: Any, ready: Any, written: Any) -> None:
    """The process c: take the message. A queue and a pipe make it wait for one; data that is shared does not."""
    ready.set()
    if via == "queue":
        message = way.get()
    elif via == "pipe":
        message = way.recv()
    else:
        written.wait()
        message = way.value if via == "value" else way["message"]
    say("has got {message} by {via}", message=message, via=via)


def hand_over(via: str, writer: Any, reader: Any, pause: float) -> None:
    """Let p send and c receive, over the two ends of the way between them."""
    ready = Event()
    written = Event()
    c = Process(target=receive, name="c", args=(via, reader, ready, written))
    p = Process(target=send, name="p", args=(via, writer, ready, written, pause))
    for child in (c, p):
        child.start()
    for child in (c, p):
        child.join()


OTHER_WAY = {"via": "memory"}


def main(
    via: Annotated[
        Literal["queue", "memory", "pipe", "value", "manager"], "what the message goes by; memory: an ordinary variable"
    ] = "queue",
    pause: Annotated[float, "seconds before the message is sent"] = 0.7,
) -> None:
    if via == "memory":
        numbers = {"number": BEFORE}
        child = Process(target=change, name="child", args=(numbers,))
        time.sleep(pause)
        child.start()
        child.join()
        say("finds that the number is {number}", number=numbers["number"])
    elif via == "queue":
        queue: Any = Queue()
        hand_over(via, queue, queue, pause)
    elif via == "pipe":
        reader, writer = Pipe(duplex=False)
        hand_over(via, writer, reader, pause)
    elif via == "value":
        number = Value("i", BEFORE)
        hand_over(via, number, number, pause)
    else:
        with Manager() as manager:
            shared = manager.dict()
            hand_over(via, shared, shared, pause)


def claims(run: "RunState", via: str, **_: Any) -> Iterator[Claim]:
    if via == "memory":
        yield memory_claim(run)
        return
    row = "I2" if via == "queue" else "I3"
    sent = next(run.narrated("sends {message} by {via}"), None)
    took = next(run.narrated("has got {message} by {via}"), None)
    if sent is None or took is None:
        yield Claim(row, False, "the message never came from p to c")
        return
    put, got, took_ns = sent.fields["fields"]["message"], took.fields["fields"]["message"], took.t - sent.t
    p, c = sent.pid, took.pid
    queue = run.queue_named("queue")
    if queue is not None and queue.puts == queue.gots == 1:  # what the queue itself has seen
        put, got = queue.items_put[0], queue.items_got[0]
        (p,), (c,) = queue.put, queue.got
        took_ns = queue.depths.points[1][0] - queue.depths.points[0][0]
    figures = {"via": via, "put": put, "got": got, "p": p, "c": c, "main": run.main, "ms": round(took_ns / 1e6, 2)}
    holds = put == got == MESSAGE and len({p, c, run.main}) == 3
    if via == "queue":
        yield Claim(
            "I2",
            holds and queue is not None and queue.puts == queue.gots == 1,
            "p (PID {p}) put {put} into the queue, and c (PID {c}) took {got} out of it, {ms} ms later",
            figures,
        )
    else:
        yield Claim("I3", holds, "by {via}, p (PID {p}) sent {put} and c (PID {c}) got {got}, {ms} ms later", figures)


def memory_claim(run: "RunState") -> Claim:
    """Two values of one variable: the child's and main's."""
    changed = next(run.narrated("changes the number from {before} to {after}"), None)
    looked = next(run.narrated("finds that the number is {number}"), None)
    if changed is None or looked is None:
        return Claim("I1", False, "either the child never changed the number, or main never looked at it")
    before, in_child = changed.fields["fields"]["before"], changed.fields["fields"]["after"]
    in_main = looked.fields["fields"]["number"]
    return Claim(
        "I1",
        before == in_main != in_child and changed.pid != looked.pid,
        "the child (PID {child}) changed the number from {before} to {in_child}; in main (PID {main}) it is "
        "still {in_main}",
        {"before": before, "in_child": in_child, "in_main": in_main, "child": changed.pid, "main": looked.pid},
    )


if __name__ == "__main__":
    start(main)
