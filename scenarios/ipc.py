"""Processes do not see each other's data unless something carries it.

Each child has its own copy of a variable: no process sees what another one changes in its copy. A queue, a pipe, a
shared Value or a Manager carries a message from one child to the other.
"""

import time
from collections.abc import Iterator, Mapping
from multiprocessing import Event, Manager, Pipe, Process, Queue, Semaphore, Value
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any, Literal

from procsim import Claim, Headline, Way, say, start

if TYPE_CHECKING:
    from procsim.state.run_state import RunState

CHANGES = "changes the number from {before} to {after}"
FINDS = "finds that the number is {number}"
SENDS = "sends {message} by {via}"
GOT = "has got {message} by {via}"
SENDS_MANY = "sends {messages} messages by {via}"
GOT_ONE_BY_ONE = "has got {messages} messages one by one by {via}: {ms} ms each"
GOT_A_STREAM = "has got {messages} messages in a stream by {via}: {rate} a second"
"""What is said, and looked for in the run."""

SHARED = ("value", "manager")
"""Ways in which both share the same data. So each has to signal the other when it has written or read it."""

MANY = 200
"""Messages that are sent by default when the ways are compared."""

MESSAGE = 42
BEFORE = 1


def change(numbers: dict[str, int]) -> None:
    """The child: change what it was given."""
    before, numbers["number"] = numbers["number"], MESSAGE
    say(CHANGES, before=before, after=numbers["number"])


def pass_on(via: str, way: Any, message: int) -> None:
    """Send one message."""
    if via == "queue":
        way.put(message)
    elif via == "pipe":
        way.send(message)
    elif via == "value":
        way.value = message
    else:
        way["message"] = message


def take(via: str, way: Any) -> int:
    """Take one message. A queue and a pipe wait until there is one; shared data does not."""
    if via == "queue":
        return int(way.get())
    if via == "pipe":
        return int(way.recv())
    return int(way.value if via == "value" else way["message"])


def send(via: str, way: Any, ready: Any, written: Any, pause: float) -> None:
    """The sender: once the receiver is ready, send it the message."""
    ready.wait()
    time.sleep(pause)
    say(SENDS, message=MESSAGE, via=via)
    pass_on(via, way, MESSAGE)
    written.set()


def receive(via: str, way: Any, ready: Any, written: Any) -> None:
    """The receiver: take the message."""
    ready.set()
    if via in SHARED:
        written.wait()
    message = take(via, way)
    say(GOT, message=message, via=via)


def send_many(via: str, way: Any, written: Any, taken: Any, messages: int) -> None:
    """The sender: send the time as a message, half of them one by one, then half of them as fast as possible."""
    say(SENDS_MANY, messages=2 * messages, via=via)
    for number in range(2 * messages):
        pass_on(via, way, time.monotonic_ns())
        if via in SHARED:
            written.release()
        if via in SHARED or number < messages:  # shared data holds one message only
            taken.acquire()


def receive_many(via: str, way: Any, written: Any, taken: Any, messages: int) -> None:
    """The receiver: take the messages, and measure how long each was on its way."""
    sent, got = [], []
    for number in range(2 * messages):
        if via in SHARED:
            written.acquire()
        sent.append(take(via, way))
        got.append(time.monotonic_ns())
        if via in SHARED or number < messages:
            taken.release()
    took = [end - begin for begin, end in zip(sent[:messages], got[:messages], strict=True)]
    ms, rate = round(median(took) / 1e6, 3), round(messages * 1e9 / (got[-1] - sent[messages]))
    say(GOT_ONE_BY_ONE, messages=messages, via=via, ms=ms)
    say(GOT_A_STREAM, messages=messages, via=via, rate=rate)


def hand_over(via: str, writer: Any, reader: Any, messages: int, pause: float) -> None:
    """Let one process send and another receive, over the two ends of the way between them."""
    if messages > 1:
        wrote = Semaphore(0)
        taken = Semaphore(0)
        receiver = Process(target=receive_many, name="receiver", args=(via, reader, wrote, taken, messages))
        sender = Process(target=send_many, name="sender", args=(via, writer, wrote, taken, messages))
    else:
        ready = Event()
        written = Event()
        receiver = Process(target=receive, name="receiver", args=(via, reader, ready, written))
        sender = Process(target=send, name="sender", args=(via, writer, ready, written, pause))
    for child in (receiver, sender):
        child.start()
    for child in (receiver, sender):
        child.join()


OTHER_WAY = {"via": "memory"}


def main(
    via: Annotated[
        Literal["queue", "memory", "pipe", "value", "manager"],
        "what carries the message; memory: an ordinary variable, which does not",
    ] = "queue",
    messages: Annotated[
        int,
        "messages sent; if more than one, their speed is measured",
        range(1, 10_001),
        {"via": ("queue", "pipe", "value", "manager")},
    ] = 1,
    pause: Annotated[float, "seconds before the message is sent", range(13), {"messages": 1}] = 0.7,
) -> None:
    if via == "memory":
        numbers = {"number": BEFORE}
        child = Process(target=change, name="child", args=(numbers,))
        time.sleep(pause)
        child.start()
        child.join()
        say(FINDS, number=numbers["number"])
    elif via == "queue":
        mailbox: Any = Queue()
        hand_over(via, mailbox, mailbox, messages, pause)
    elif via == "pipe":
        reader, writer = Pipe(duplex=False)
        hand_over(via, writer, reader, messages, pause)
    elif via == "value":
        number = Value("q", BEFORE)
        hand_over(via, number, number, messages, pause)
    else:
        with Manager() as manager:
            shared = manager.dict()
            hand_over(via, shared, shared, messages, pause)


def headline(run: "RunState", via: str, messages: int, **_: Any) -> Headline | None:
    """Where the message is; or, of an ordinary variable, which value it has in which process."""
    if messages > 1:
        return None
    if via != "memory":
        got = next(run.narrated(GOT), None)
        if got is not None:
            return Headline("{message} has come from sender to receiver by {via}", got.fields["fields"])
        return Headline("sender sends {message} to receiver by {via}", {"message": MESSAGE, "via": via})
    changed, looked = next(run.narrated(CHANGES), None), next(run.narrated(FINDS), None)
    if changed is None:
        return Headline("number is {before} in MainProcess; a child will change it", {"before": BEFORE})
    figures = {"after": changed.fields["fields"]["after"]}
    if looked is None:
        return Headline("the child has set number to {after}; what does MainProcess see?", figures)
    figures["seen"] = looked.fields["fields"]["number"]
    return Headline(
        "ONE NAME, TWO VALUES: number is {after} in the child, still {seen} in MainProcess", figures, alarm=True
    )


def always(run: "RunState", via: str, messages: int, **_: Any) -> Iterator[Claim]:
    """What the receiver reads last is what was sent; of a queue, as many as were put."""
    receiver = run.process_named("receiver")
    if via == "queue":
        for queue in run.queues.values():
            figures = {"sent": queue.puts, "got": queue.gots}
            yield Claim(
                "received",
                queue.puts == queue.gots,
                "{sent} messages were sent, and {got} received",
                figures,
                broken="a message is lost",
            )
    elif via in SHARED and messages == 1 and receiver is not None and receiver.marks:
        got = receiver.marks[-1][2]
        figures = {"sent": MESSAGE, "got": got}
        yield Claim(
            "received",
            got == MESSAGE,
            "{sent} was sent, and {got} read",
            figures,
            sentence="received.read",
            broken="the message does not arrive",
        )


def claims(run: "RunState", via: str, messages: int, **_: Any) -> Iterator[Claim]:
    if via == "memory":
        yield memory_claim(run)
        return
    if messages > 1:
        yield measured(run, messages)
        return
    row = "I2" if via == "queue" else "I3"
    sent = next(run.narrated(SENDS), None)
    took = next(run.narrated(GOT), None)
    if sent is None or took is None:
        yield Claim(row, False, "the message never came from sender to receiver", sentence="message.never_came")
        return
    put, got, took_ns = sent.fields["fields"]["message"], took.fields["fields"]["message"], took.t - sent.t
    p, c = sent.pid, took.pid
    mailbox = run.queue_named("mailbox")
    if mailbox is not None and mailbox.puts == mailbox.gots == 1:  # as the queue itself counted
        put, got = mailbox.items_put[0], mailbox.items_got[0]
        (p,), (c,) = mailbox.put, mailbox.got
        took_ns = mailbox.depths.points[1][0] - mailbox.depths.points[0][0]
    figures = {"via": via, "put": put, "got": got, "p": p, "c": c, "main": run.main, "ms": round(took_ns / 1e6, 2)}
    holds = put == got == MESSAGE and len({p, c, run.main}) == 3
    if via == "queue":
        yield Claim(
            "I2",
            holds and mailbox is not None and mailbox.puts == mailbox.gots == 1,
            "sender (PID {p}) put {put} into mailbox, and receiver (PID {c}) took {got} out of it, {ms} ms later",
            figures,
        )
    else:
        yield Claim(
            "I3",
            holds,
            "by {via}, sender (PID {p}) sent {put} and receiver (PID {c}) got {got}, {ms} ms later",
            figures,
            sentence="I3.one",
        )


def measured(run: "RunState", messages: int) -> Claim:
    """How many messages went a second, and how long one took."""
    sent = next(run.narrated(SENDS_MANY), None)
    one_by_one = next(run.narrated(GOT_ONE_BY_ONE), None)
    stream = next(run.narrated(GOT_A_STREAM), None)
    if sent is None or one_by_one is None or stream is None:
        return Claim("I3", False, "the messages never came from sender to receiver", sentence="I3.never_came")
    figures = {
        "via": sent.fields["fields"]["via"],
        "put": sent.fields["fields"]["messages"],
        "got": one_by_one.fields["fields"]["messages"] + stream.fields["fields"]["messages"],
        "p": sent.pid,
        "c": stream.pid,
        "rate": stream.fields["fields"]["rate"],
        "ms": one_by_one.fields["fields"]["ms"],
    }
    return Claim(
        "I3",
        figures["put"] == figures["got"] == 2 * messages and len({sent.pid, stream.pid, run.main}) == 3,
        "by {via}, sender (PID {p}) sent {put} messages and receiver (PID {c}) got {got}: {rate} a second in a stream; "
        "one by one, each took {ms} ms",
        figures,
        sentence="I3.rate",
    )


def ways(messages: int, **_: Any) -> Iterator[Way]:
    """All that carries a message from one process to another."""
    many = {"messages": messages if messages > 1 else MANY}
    yield Way("by a queue", {"via": "queue", **many})
    yield Way("by a pipe", {"via": "pipe", **many})
    yield Way("by a Value", {"via": "value", **many})
    yield Way("by a Manager", {"via": "manager", **many})


def compared(runs: Mapping[str, "RunState"], messages: int, **_: Any) -> Iterator[Claim]:
    claimed = [measured(run, messages if messages > 1 else MANY) for run in runs.values()]
    if not all(claim.holds for claim in claimed):
        yield Claim("I3", False, "one of the runs did not run to its end", sentence="I3.no_end")
        return
    figures = [claim.figures for claim in claimed]
    fastest, slowest = (choose(figures, key=lambda each: each["rate"]) for choose in (max, min))
    yield Claim(
        "I3",
        fastest["rate"] > slowest["rate"],
        "messages a second, and ms for one: {ways}; {fastest} carried {ratio} times as many a second as {slowest}",
        {
            "ways": [f"{each['via']} {each['rate']}/s {each['ms']} ms" for each in figures],
            "fastest": fastest["via"],
            "slowest": slowest["via"],
            "ratio": round(fastest["rate"] / slowest["rate"], 1),
            "rates": {each["via"]: each["rate"] for each in figures},
            "latencies": {each["via"]: each["ms"] for each in figures},
        },
        sentence="I3.compared",
    )


def memory_claim(run: "RunState") -> Claim:
    """Two values of one variable: the child's and main's."""
    changed = next(run.narrated(CHANGES), None)
    looked = next(run.narrated(FINDS), None)
    if changed is None or looked is None:
        return Claim(
            "I1",
            False,
            "either the child never changed the number, or main never looked at it",
            sentence="I1.not_looked_at",
        )
    before, in_child = changed.fields["fields"]["before"], changed.fields["fields"]["after"]
    in_main = looked.fields["fields"]["number"]
    return Claim(
        "I1",
        before == in_main != in_child and changed.pid != looked.pid,
        "the child (PID {child}) changed the number from {before} to {in_child}; in main (PID {main}) it is "
        "still {in_main}",
        {"before": before, "in_child": in_child, "in_main": in_main, "child": changed.pid, "main": looked.pid},
        sentence="I1.unchanged",
    )


if __name__ == "__main__":
    start(main)
