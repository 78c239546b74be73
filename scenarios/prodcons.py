"""Producers make, consumers take; a queue evens out who is faster.

Each producer makes its dish again and again, and puts it into a queue that holds a few. Each consumer takes the next
dish and eats it. Main waits for the producers, then until everything is eaten. Then main ends, and with it the
consumers, which are daemons.
"""

import math
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import JoinableQueue, Process
from typing import TYPE_CHECKING, Annotated, Any

from procsim import Claim, Headline, say, start

if TYPE_CHECKING:
    from procsim.state.objects import Queue
    from procsim.state.run_state import RunState

KITCHEN = (("Kang", "masala"), ("Hong", "dough stick"), ("Xi", "steamed bun"))
GUESTS = ("Ming", "Lan", "Jun")

EATEN = "has eaten {food}"
MADE = "all producers are done"
"""What is said, and looked for in the run."""

LONGEST_SECONDS = 12
"""A meal that would take longer is sped up, so that it ends before the time limit."""


def produce(dish: str, items: int, dishes: Any, seconds: float) -> None:
    """A producer: make the dish, put it into the queue, and so on."""
    for number in range(1, items + 1):
        time.sleep(seconds * random.uniform(0.5, 1.0))
        food = f"{dish} {number}"
        say("has made {food}", food=food)
        dishes.put(food)


def consume(dishes: Any, seconds: float, report: bool) -> None:
    """A consumer: take the next dish, eat it, report it done. It never ends by itself."""
    while True:
        food = dishes.get()
        time.sleep(seconds)
        say(EATEN, food=food)
        if report:
            dishes.task_done()


OTHER_WAY = {"join": False}


def main(
    producers: Annotated[int, "processes that make food", range(1, 101)] = 3,
    consumers: Annotated[int, "processes that eat it", range(1, 101)] = 1,
    items: Annotated[int, "dishes that each producer makes", range(1, 101)] = 4,
    size: Annotated[int, "dishes that the queue holds", range(1, 1001)] = 3,
    join: Annotated[bool, "whether main waits until all is eaten"] = True,
    daemon: Annotated[bool, "whether the consumers are daemons, which end with main", {"task_done": True}] = True,
    task_done: Annotated[bool, "whether the consumers report what they have eaten", {"join": True}] = True,
    make: Annotated[float, "seconds that making a dish takes, at the most"] = 0.25,
    eat: Annotated[float, "seconds that eating it takes"] = 0.2,
) -> None:
    longest = max(items * make, math.ceil(producers * items / consumers) * eat)
    if longest > LONGEST_SECONDS:
        times = longest / LONGEST_SECONDS
        make, eat = make / times, eat / times
        say("runs {times} times as fast, to end within {seconds} s", times=round(times, 1), seconds=LONGEST_SECONDS)
    dishes: Any = JoinableQueue(size)
    cooks = []
    for number in range(producers):
        name, dish = KITCHEN[number] if number < len(KITCHEN) else (str(number + 1), f"soup-{number + 1}")
        cooks.append(Process(target=produce, name=f"producer-{name}", args=(dish, items, dishes, make)))
    eaters = []
    for number in range(consumers):
        name = GUESTS[number] if number < len(GUESTS) else str(number + 1)
        eaters.append(Process(target=consume, name=f"consumer-{name}", args=(dishes, eat, task_done), daemon=daemon))
    for process in (*eaters, *cooks):
        process.start()
    for cook in cooks:
        cook.join()
    say(MADE)
    if join:
        dishes.join()
        say("everything is eaten")


def headline(
    run: "RunState", producers: int, items: int, join: bool, daemon: bool, task_done: bool, **_: Any
) -> Headline | None:
    """How many dishes were made, eaten and reported done; what was lost, and why main waits."""
    queue, main = run.queue_named("dishes"), run.processes.get(run.main)
    if queue is None or main is None:
        return None
    eaten, done = sum(1 for _ in run.narrated(EATEN)), queue.done.total()
    figures: dict[str, Any] = {"made": queue.puts, "eaten": eaten, "done": done, "all": producers * items}
    if not task_done and any(run.narrated(MADE)):
        return Headline("{eaten} EATEN, {done} REPORTED DONE: MainProcess waits for reports", figures, alarm=True)
    figures["lost"] = queue.puts - eaten
    if not join and main.returned is not None and figures["lost"] > 0:
        return Headline("{lost} DISHES LOST: MainProcess ended without waiting for them", figures, alarm=True)
    if not daemon and run.found:
        figures["who"] = next((wait.process for wait in run.stuck_waits() if wait.kind == "queue_get_waiting"), "?")
        return Headline("HANGS: {who}, no daemon, waits for a dish for ever; main waits for it", figures, alarm=True)
    return Headline("{made} of {all} dishes made, {eaten} eaten", figures)


def always(run: "RunState", **_: Any) -> Iterator[Claim]:
    """When all have ended, every dish that was made has been taken, and none twice."""
    dishes = run.queue_named("dishes")
    if dishes is not None:
        figures = {"made": dishes.puts, "taken": dishes.gots}
        yield Claim(
            "taken",
            dishes.puts == dishes.gots,
            "{made} dishes were made, and {taken} were taken",
            figures,
            broken="a dish is never taken",
        )


def claims(
    run: "RunState",
    producers: int,
    consumers: int,
    items: int,
    size: int,
    join: bool,
    daemon: bool,
    task_done: bool,
    **_: Any,
) -> Iterator[Claim]:
    queue = run.queue_named("dishes")
    main = run.processes[run.main]
    if join and not task_done:
        yield not_reported(run)
        return
    if not daemon:
        yield nobody_left(run)
        return
    if queue is None or main.returned is None:
        yield Claim("P1" if join else "P4", False, "main did not run to its end")
        return
    made, taken, eaten = Counter(queue.items_put), Counter(queue.items_got), queue.done.total()
    ended = [process for process in run.processes.values() if process.daemon and process.exit_code == -signal.SIGTERM]
    ended_with_main = sum(process.ended is not None and process.ended > main.returned for process in ended)
    figures = {
        "made": made.total(),
        "taken": taken.total(),
        "eaten": eaten,
        "lost": made.total() - eaten,
        "in_queue": (made - taken).total(),
        "in_hand": taken.total() - eaten,
        "makers": shares(run, queue.put),
        "takers": shares(run, queue.got),
        "ended_with_main": ended_with_main,
    }
    if not join:
        yield Claim(
            "P4",
            made.total() == producers * items > eaten and ended_with_main == consumers,
            "main did not join the queue: of {made} dishes made {eaten} were eaten and {lost} lost; when main ended, "
            "{in_queue} were in the queue and {in_hand} half eaten; consumers that ended with it: {ended_with_main}",
            figures,
        )
        return
    yield Claim(
        "P1",
        made == taken and made.total() == eaten == producers * items == len(made),
        "{made} dishes made ({makers}), {taken} taken ({takers}), {eaten} eaten, {lost} lost",
        figures,
    )
    yield evened_out(run, queue, size)


def not_reported(run: "RunState") -> Claim:
    """Main waits for reports that will never come."""
    found = next(run.findings("tasks_not_done"), None)
    if found is None:
        return Claim("P5", False, "main did not wait for ever", sentence="P5.did_not_wait")
    figures = found.fields["figures"]
    return Claim(
        "P5",
        figures["process"] == "MainProcess" and figures["done"] == 0 and figures["gots"] == figures["puts"],
        "{process} waits at {at} for ever: all {gots} dishes were taken, and {count} of them were not reported done",
        figures,
        sentence="P5.waits",
    )


def nobody_left(run: "RunState") -> Claim:
    """The consumers wait for another dish, main waits for the consumers."""
    found = next(run.findings("get_nobody_puts"), None)
    if found is None:
        return Claim("P3", False, "no consumer waited for ever", sentence="P3.did_not_wait")
    main = run.processes[run.main]
    figures = found.fields["figures"]
    waiting = [wait.process for wait in run.stuck_waits() if wait.kind == "queue_get_waiting"]
    return Claim(
        "P3",
        main.returned is not None
        and run.hangs()
        and all(not run.processes[wait.pid].daemon for wait in run.stuck_waits()),
        "main was done after {done} s, but {process} is no daemon: it waits in get() at {at} for a dish that nobody is "
        "left to make, and main waits for it",
        {**figures, "done": round((main.returned or 0) / 1e9, 3), "waiting": waiting},
        sentence="P3.waits",
    )


def evened_out(run: "RunState", queue: "Queue", size: int) -> Claim:
    """How far the queue filled, and which side had to wait: the faster one."""
    at_full = run.waited("queue_put_waiting", queue.identity)
    at_empty = run.waited("queue_get_waiting", queue.identity)
    return Claim(
        "P2",
        0 < queue.peak <= size and queue.puts == queue.done.total(),
        "the queue held up to {peak} of {size}; producers waited {producers_waited} s because it was full, consumers "
        "{consumers_waited} s because it was empty",
        {
            "peak": queue.peak,
            "size": size,
            "producers_waited": round(at_full / 1e9, 3),
            "consumers_waited": round(at_empty / 1e9, 3),
            "depths": [(round(t / 1e9, 3), depth) for t, depth in queue.depths.points],
        },
    )


def shares(run: "RunState", by_process: Counter[int]) -> list[str]:
    """How many dishes each process made or took, in words; of many processes only the first ones."""
    words = [f"{run.process_name(pid)}: {number}" for pid, number in by_process.items()]
    return words if len(words) <= 10 else [*words[:9], "…"]


if __name__ == "__main__":
    start(main)
