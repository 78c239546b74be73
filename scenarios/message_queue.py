"""A queue of five: when it is full, who waits, and who takes what.

Main puts numbered messages into a queue that holds five, and another process takes them out. The sixth `put` waits
until there is room; a `get` on the empty queue waits until there is a message; `get_nowait` does not wait. With several
takers each message goes to one of them. `join` on a JoinableQueue waits until every message that was taken is also
handled. A burst stays in the queue until it is handled. What `full()` and `empty()` say may be stale a moment later.
"""

import math
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import Barrier, Event, JoinableQueue, Process, Queue
from queue import Empty, Full
from typing import TYPE_CHECKING, Annotated, Any

from procsim import Claim, say, start

if TYPE_CHECKING:
    from procsim.state.objects import Queue as QueueState
    from procsim.state.run_state import RunState

ASKED_EMPTY = "asked the empty queue with get_nowait(): queue.Empty"
ASKED_FULL = "has put {number} messages: full() is {full}"
HANDLED = "has handled message {message}"
ONE_TOO_MANY = "calls task_done() once too often: ValueError: {reason}"
MET_FULL = "full() said {full}: put_nowait() raised queue.Full"
MET_EMPTY = "empty() said {empty}: get_nowait() raised queue.Empty"
"""What is said, and looked for in the run."""

TOO_MANY = 3
"""Messages that are put on the full queue. The taker is slow, so each of these puts has to wait."""

LATE = 3
"""Messages that are put after the queue has run empty. Main is slow, so the taker waits for each of them."""

BURSTS = 3
ASKERS = 3
"""Processes that ask the queue by default."""

ASKS = 3_000
"""The most questions that they ask, all together."""

SHORTEST_PAUSE_SECONDS = 0.05
LONGEST_SECONDS = 12
"""What would take longer is sped up, as far as the shortest pause allows, so that it ends before the time limit."""

NO_MORE = None
"""The last message for each taker."""


def take_slowly(messages: Any, number: int, filled: Any, emptied: Any, pause: float) -> None:
    """The one taker: wait until the queue is full, take all messages, and wait for the late ones."""
    filled.wait()
    for _ in range(number):
        time.sleep(pause)
        messages.get()
    say("has taken all {number} messages, and asks for another", number=number)
    emptied.set()
    for _ in range(LATE):
        messages.get()
    try:
        messages.get_nowait()
    except Empty:
        say(ASKED_EMPTY)


def one_step_after_another(size: int, pause: float) -> None:
    """Fill the queue, put more than it holds, let it run empty."""
    messages: Any = Queue(size)
    filled = Event()
    emptied = Event()
    taker = Process(target=take_slowly, name="taker", args=(messages, size + TOO_MANY, filled, emptied, pause))
    taker.start()
    for message in range(1, size + 1):
        time.sleep(pause)
        messages.put(message)
        if message in (few(size), size):
            say(ASKED_FULL, number=message, full=messages.full())
    filled.set()
    for message in range(size + 1, size + TOO_MANY + 1):
        messages.put(message)
    emptied.wait()
    for message in range(size + TOO_MANY + 1, size + TOO_MANY + LATE + 1):
        time.sleep(pause)
        messages.put(message)
    taker.join()


def few(size: int) -> int:
    """A number of messages that leaves room in the queue: three, if it holds more."""
    return min(3, size - 1)


def handle(messages: Any, doors: Any, pause: float, report: bool) -> None:
    """One of several takers: take a message and handle it, until there are no more."""
    doors.wait()
    while (message := messages.get()) is not NO_MORE:
        time.sleep(pause)
        say(HANDLED, message=message)
        if report:
            messages.task_done()


def shared_out(size: int, takers: int, number: int, pause: float, joinable: bool, report: bool, extra: bool) -> None:
    """Put messages for several takers."""
    messages: Any = JoinableQueue(size) if joinable else Queue(size)
    doors = Barrier(takers)
    people = [
        Process(target=handle, name=f"taker-{taker}", args=(messages, doors, pause, report), daemon=joinable)
        for taker in range(1, takers + 1)
    ]
    for taker in people:
        taker.start()
    for message in range(1, number + 1):
        messages.put(message)
    say("has put all {number} messages", number=number)
    if joinable:
        messages.join()
        say("join() has returned: all messages are handled")
        if extra:
            try:
                messages.task_done()
            except ValueError as error:
                say(ONE_TOO_MANY, reason=str(error))
        return  # the takers wait for more; they are daemons, and end with main
    for _ in people:
        messages.put(NO_MORE)
    for taker in people:
        taker.join()


def rely_on_it(place: Any, number: int, doors: Any, pause: float) -> None:
    """One of several that ask a queue with room for one, and rely on its answer: all ask before the first one acts."""
    for _ in range(number):
        time.sleep(pause)
        doors.wait()  # the queue is empty now
        full = place.full()
        doors.wait()
        try:
            place.put_nowait(full)
            say("full() said {full}: put_nowait() succeeded", full=full)
            while place.empty():  # until the feeder thread has written it into the pipe
                time.sleep(0.001)
        except Full:
            say(MET_FULL, full=full)
        doors.wait()  # there is an item in it now
        empty = place.empty()
        doors.wait()
        try:
            place.get_nowait()
            say("empty() said {empty}: get_nowait() succeeded", empty=empty)
        except Empty:
            say(MET_EMPTY, empty=empty)


def all_ask(askers: int, number: int, pause: float) -> None:
    """Let several processes ask the queue, and then act on its answer."""
    place: Any = Queue(1)
    doors = Barrier(askers)
    people = [
        Process(target=rely_on_it, name=f"asker-{asker}", args=(place, number, doors, pause))
        for asker in range(1, askers + 1)
    ]
    for asker in people:
        asker.start()
    for asker in people:
        asker.join()


def take_unasked(messages: Any, pause: float) -> None:
    """A taker that does not ask: take a message, and if there is none, try again."""
    while True:
        try:
            message = messages.get_nowait()
        except Empty:
            say("get_nowait() raised queue.Empty: tries again")
        else:
            if message is NO_MORE:
                return
            say(HANDLED, message=message)
        time.sleep(pause)


def put_unasked(messages: Any, message: Any, pause: float) -> None:
    """Put a message, and if there is no room, try again."""
    while True:
        try:
            messages.put_nowait(message)
            return
        except Full:
            say("put_nowait() raised queue.Full: tries again")
            time.sleep(pause)


def unasked(size: int, takers: int, number: int, pause: float) -> None:
    """The cure: nobody asks the queue; each calls, and catches the exception."""
    messages: Any = Queue(size)
    people = [
        Process(target=take_unasked, name=f"taker-{taker}", args=(messages, pause)) for taker in range(1, takers + 1)
    ]
    for taker in people:
        taker.start()
    for message in [*range(1, number + 1), *[NO_MORE] * takers]:
        put_unasked(messages, message, pause)
    for taker in people:
        taker.join()


def handle_bursts(messages: Any, number: int, turn: Any, pause: float) -> None:
    """The worker: handle the messages of each burst, one by one."""
    for _ in range(BURSTS):
        turn.wait()
        for _ in range(number):
            message = messages.get()
            time.sleep(pause)
            say(HANDLED, message=message)
        turn.wait()


def bursts(size: int, pause: float) -> None:
    """Put as many messages as the queue holds, all at once; when they are handled, do it again."""
    messages: Any = Queue(size)
    turn = Barrier(2)
    worker = Process(target=handle_bursts, name="worker", args=(messages, size, turn, pause))
    worker.start()
    for burst in range(BURSTS):
        for message in range(burst * size + 1, (burst + 1) * size + 1):
            messages.put(message)
        say("has put a burst of {number} messages", number=size)
        turn.wait()
        turn.wait()
    worker.join()


OTHER_WAY = {"joinable": {"task_done": False}, "stale": {"check": False}}


def main(
    size: Annotated[int, "messages that the queue holds", range(2, 101), {"stale": False}, {"check": False}] = 5,
    takers: Annotated[
        int | None,
        "processes that share the messages [else one process, step by step]",
        range(1, 101),
        {"burst": False},
    ] = None,
    joinable: Annotated[
        bool, "a JoinableQueue: wait until every message is reported done", {"stale": False, "burst": False}
    ] = False,
    task_done: Annotated[
        bool, "with --joinable, whether the takers report what they have handled", {"joinable": True}
    ] = True,
    extra_task_done: Annotated[
        bool, "with --joinable, call task_done() once too often", {"joinable": True, "task_done": True}
    ] = False,
    stale: Annotated[bool, "several processes rely on what full() and empty() said", {"burst": False}] = False,
    check: Annotated[
        bool, "with --stale, whether they ask first; else they call, and catch the exception", {"stale": True}
    ] = True,
    burst: Annotated[bool, "bursts of as many messages as the queue holds, handled one by one"] = False,
    messages: Annotated[
        int,
        "messages that are put, with --takers or --joinable; with --stale, how often they ask",
        range(1, 201),
        {"takers": range(1, 101)},
        {"joinable": True},
        {"stale": True},
    ] = 12,
    pause: Annotated[float, "seconds that a message takes"] = 0.15,
) -> None:
    if stale and check:
        askers = max(2, takers or ASKERS)
        number = asks(askers, messages)
        all_ask(askers, number, bounded(pause, number))
    elif stale:
        people = takers or ASKERS
        unasked(size, people, messages, bounded(pause, 2 * (messages + people) / min(people, size)))
    elif burst:
        bursts(size, bounded(pause, BURSTS * size))
    elif joinable or takers is not None:
        people = takers or 1
        pause = bounded(pause, math.ceil(messages / people))
        shared_out(size, people, messages, pause, joinable, joinable and task_done, extra_task_done)
    else:
        one_step_after_another(size, bounded(pause, 2 * (size + TOO_MANY)))


def bounded(pause: float, number: float) -> float:
    """The pause of a run in which so many follow each other: shorter if the run would take too long."""
    longest = pause * number
    if longest > LONGEST_SECONDS:
        times = longest / LONGEST_SECONDS
        pause = pause / times
        say("runs {times} times as fast, to end within {seconds} s", times=round(times, 1), seconds=LONGEST_SECONDS)
    return max(pause, SHORTEST_PAUSE_SECONDS)


def asks(askers: int, messages: int) -> int:
    """How often each of them asks."""
    return min(messages, ASKS // askers)


def always(run: "RunState", **_: Any) -> Iterator[Claim]:
    """Nothing is taken that was not put, nor twice."""
    for queue in run.queues.values():
        figures = {"put": queue.puts, "taken": queue.gots}
        yield Claim(
            "taken",
            queue.gots <= queue.puts,
            "{put} messages were put, and {taken} were taken",
            figures,
            broken="a message is taken twice",
        )


def claims(
    run: "RunState",
    size: int,
    takers: int | None,
    joinable: bool,
    task_done: bool,
    extra_task_done: bool,
    stale: bool,
    check: bool,
    burst: bool,
    messages: int,
    **_: Any,
) -> Iterator[Claim]:
    if stale and check:
        askers = max(2, takers or ASKERS)
        yield stale_answers(run, askers, asks(askers, messages))
        return
    queue = run.queue_named("messages")
    if queue is None:
        yield Claim("Q1", False, "no queue was made", sentence="Q1.no_queue")
        return
    if stale:
        yield not_asked(run, queue, messages)
        return
    if burst:
        yield absorbed(run, queue, size)
        return
    if takers is not None:
        yield each_taken_once(run, queue, messages)
    if joinable and not task_done:
        yield never_joined(run, messages)
        return
    if joinable:
        yield joined(run, queue, messages)
    if joinable and extra_task_done:
        yield one_too_many(run, queue)
    if takers is None and not joinable:
        yield full_or_not(run, queue, size)
        yield blocked(run, queue, "put")
        yield blocked(run, queue, "get")
        yield refused(run, queue)
        order_in, order_out = list(queue.items_put), list(queue.items_got)
        yield Claim(
            "Q6",
            order_in == order_out == list(range(1, size + TOO_MANY + LATE + 1)),
            "first in, first out: {order_in} went in, {order_out} came out",
            {"order_in": order_in, "order_out": order_out},
        )


def full_or_not(run: "RunState", queue: "QueueState", size: int) -> Claim:
    """What full() said, and how many messages were in the queue then."""
    asked = run.narrated(ASKED_FULL)
    steps = [[depth_at(queue, event.t), event.fields["fields"]["full"]] for event in asked]
    if len(steps) != 2:
        return Claim("Q1", False, "full() was not asked twice", sentence="Q1.not_asked")
    (few_depth, few_full), (depth, full) = steps
    return Claim(
        "Q1",
        steps == [[few(size), False], [size, True]] and queue.peak == size,
        "with {few_depth} in the queue of {size} full() was {few_full}, with {depth} it was {full}; it never held more "
        "than {peak}",
        {
            "size": size,
            "peak": queue.peak,
            "few_depth": few_depth,
            "few_full": few_full,
            "depth": depth,
            "full": full,
        },
        sentence="Q1.full",
    )


def depth_at(queue: "QueueState", t: int) -> int:
    """How many messages were in the queue at that moment."""
    return next((int(depth) for since, depth in reversed(queue.depths.points) if since <= t), 0)


def blocked(run: "RunState", queue: "QueueState", call: str) -> Claim:
    """The longest time that a process waited in put, or in get, until another process let it go on."""
    row, kind = ("Q2", "queue_put_waiting") if call == "put" else ("Q3", "queue_get_waiting")
    others = [
        (wait.until - wait.since, wait)
        for wait in run.all_waits(kind, queue.identity)
        if wait.until is not None and wait.freed_by not in (None, wait.pid)
    ]
    if not others:
        return Claim(
            row, False, "no {call} had to wait for another process", {"call": call}, sentence="waits.nobody_waited"
        )
    longest, wait = max(others, key=lambda other: other[0])
    figures = {
        "waited": seconds(longest),
        "at": wait.at,
        "process": wait.process,
        "pid": wait.pid,
        "freed_by": run.process_name(wait.freed_by),
        "freed_by_pid": wait.freed_by,
        "times": len(others),
    }
    if call == "put":
        return Claim(
            "Q2",
            True,
            "put on the full queue, at {at}, blocked {process} for {waited} s, until a get by {freed_by} made room",
            figures,
        )
    return Claim(
        "Q3",
        True,
        "get on the empty queue, at {at}, blocked {process} for {waited} s, until a put by {freed_by}",
        figures,
    )


def refused(run: "RunState", queue: "QueueState") -> Claim:
    """How soon get_nowait gave up."""
    tries = [event for event in run.refused if event.kind == "queue_empty" and event.object == queue.identity]
    if len(tries) != 1 or not any(run.narrated(ASKED_EMPTY)):
        return Claim("Q4", False, "get_nowait() did not raise queue.Empty", sentence="Q4.not_raised")
    (event,) = tries
    return Claim(
        "Q4",
        depth_at(queue, event.t) == 0,
        "get_nowait on the empty queue, at {at}, did not wait: it raised queue.Empty after {ms} ms",
        {"ms": round(event.fields["took"] / 1e6, 3), "at": event.at, "process": event.process},
        sentence="Q4.at_once",
    )


def each_taken_once(run: "RunState", queue: "QueueState", messages: int) -> Claim:
    """Who has taken what."""
    taken = Counter(message for message in queue.items_got if message is not NO_MORE)
    handled = Counter(event.process for event in run.narrated(HANDLED))
    twice = sorted(message for message, times in taken.items() if times > 1)
    lost = sorted(set(range(1, messages + 1)) - set(taken))
    shares = [f"{name}: {handled[name]}" for name in sorted(handled)]
    return Claim(
        "Q7",
        not twice and not lost and taken.total() == handled.total() == messages,
        "{put} messages put, {taken} taken, {taken_twice} of them twice, {lost} lost; {shares}",
        {
            "put": sum(message is not NO_MORE for message in queue.items_put),
            "taken": taken.total(),
            "taken_twice": len(twice),
            "lost": len(lost),
            "shares": shares if len(shares) <= 10 else [*shares[:9], "…"],
            "handled": dict(handled),
        },
    )


def joined(run: "RunState", queue: "QueueState", messages: int) -> Claim:
    """When the last message was reported done, and when join returned."""
    if queue.joined is None or queue.last_done is None:
        return Claim("J2", False, "join() has not returned", sentence="J2.not_returned")
    figures = {
        "put": queue.puts,
        "done": queue.done.total(),
        "last_done": seconds(queue.last_done),
        "joined": seconds(queue.joined),
        "later": round((queue.joined - queue.last_done) / 1e6, 2),
        "waited": seconds(run.waited("queue_join_waiting", queue.identity)),
    }
    return Claim(
        "J2",
        queue.puts == queue.gots == queue.done.total() == messages and queue.last_done < queue.joined,
        "join() waited {waited} s: the last of {done} task_done calls came at {last_done} s, and join() returned at "
        "{joined} s, {later} ms later",
        figures,
        sentence="J2.returned",
    )


def never_joined(run: "RunState", messages: int) -> Claim:
    """How many messages were taken and not reported done, so that join never returned."""
    found = next(run.findings("tasks_not_done"), None)
    if found is None:
        return Claim("J1", False, "join() did not wait for ever", sentence="J1.did_not_wait")
    figures = found.fields["figures"]
    return Claim(
        "J1",
        figures["gots"] == figures["count"] == messages,
        "join() at {at} waits for ever: {gots} of {puts} messages were taken, and {count} were not reported done",
        figures,
        sentence="J1.waits",
    )


def one_too_many(run: "RunState", queue: "QueueState") -> Claim:
    """What one task_done() too many raised."""
    event = next(run.narrated(ONE_TOO_MANY), None)
    if event is None:
        return Claim("J3", False, "one task_done() too many raised nothing", sentence="J3.not_raised")
    return Claim(
        "J3",
        queue.unfinished == 0,
        "all {done} messages were reported done, and one task_done() more, at {at}, raised ValueError: {reason}",
        {"done": queue.done.total(), "at": event.at, "reason": event.fields["fields"]["reason"]},
        sentence="J3.raised",
    )


def stale_answers(run: "RunState", askers: int, tries: int) -> Claim:
    """How often full() and empty() said one thing, and the next call showed another."""
    figures: dict[str, Any] = {"askers": askers, "asked_full": 0, "met_full": 0, "asked_empty": 0, "met_empty": 0}
    for event in run.said:
        text, answers = event.fields["text"], event.fields["fields"]
        if answers.get("full") is False:
            figures["asked_full"] += 1
            figures["met_full"] += text == MET_FULL
        elif answers.get("empty") is False:
            figures["asked_empty"] += 1
            figures["met_empty"] += text == MET_EMPTY
    refused = run.counts
    return Claim(
        "Q5",
        figures["met_full"] == refused["queue_full"] == tries * (askers - 1)
        and figures["met_empty"] == refused["queue_empty"] == tries * (askers - 1),
        "full() said False {asked_full} times, and {met_full} of the puts that came next met a full queue; empty() "
        "said False {asked_empty} times, and {met_empty} of the gets that came next met an empty one: another process "
        "came in between",
        figures,
        sentence="Q5.asked",
    )


def not_asked(run: "RunState", queue: "QueueState", messages: int) -> Claim:
    """How often a call raised, and that no message was lost."""
    taken = Counter(message for message in queue.items_got if message is not NO_MORE)
    refused = run.counts
    return Claim(
        "Q5",
        taken == Counter(range(1, messages + 1)),
        "nobody asked: put_nowait() raised {met_full} times and get_nowait() {met_empty} times, and each was tried "
        "again; of {messages} messages {taken} were taken, {lost} lost",
        {
            "met_full": refused["queue_full"],
            "met_empty": refused["queue_empty"],
            "messages": messages,
            "taken": taken.total(),
            "lost": len(set(range(1, messages + 1)) - set(taken)),
        },
        sentence="Q5.not_asked",
    )


def absorbed(run: "RunState", queue: "QueueState", size: int) -> Claim:
    """How far the queue filled, how long it took to fill and to drain it, and how long a message stayed in it."""
    points = queue.depths.points
    before = [0, *(depth for _, depth in points)]
    came = [t for (t, depth), last in zip(points, before, strict=False) if depth > last]
    went = [t for (t, depth), last in zip(points, before, strict=False) if depth < last]
    if len(came) != len(went) or len(came) != BURSTS * size:
        return Claim("Q8", False, "not every message was put and taken", sentence="Q8.not_all")
    first, last = range(0, BURSTS * size, size), range(size - 1, BURSTS * size, size)
    filled = max(came[end] - came[begin] for begin, end in zip(first, last, strict=True))
    drained = max(went[end] - came[end] for end in last)
    return Claim(
        "Q8",
        queue.peak == size and queue.depth == 0 and run.waited("queue_put_waiting", queue.identity) == 0,
        "{bursts} bursts of {size} messages: each was put within {filled} s, filled the queue to {peak}, and was taken "
        "out over {drained} s; a message stayed in the queue for up to {stayed} s, and no put had to wait",
        {
            "bursts": BURSTS,
            "size": size,
            "peak": queue.peak,
            "filled": seconds(filled),
            "drained": seconds(drained),
            "stayed": seconds(max(out - into for into, out in zip(came, went, strict=True))),
            "depths": [(seconds(t), depth) for t, depth in points],
        },
        sentence="Q8.bursts",
    )


def seconds(ns: int) -> float:
    """ns as seconds, to the millisecond."""
    return round(ns / 1e9, 3)


if __name__ == "__main__":
    start(main)
