"""Ten users rush for the last tickets: with a lock, and without.

Each user is a process. It looks how many tickets are left, and buys one: it reads the number left, thinks, and writes
the number minus one. Without a lock several users read the same number, and the same ticket is sold again and again.
"""

import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from multiprocessing import Barrier, Lock, Manager, Process, Value
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from procsim import Claim, Headline, Way, note, say, start

if TYPE_CHECKING:
    from procsim.state.run_state import RunState

READS = "reads: {left} left"
BOUGHT = "bought one: {left} left"
SOLD_OUT = "gets none: sold out"
ASKS = "asks how many are left"
LOOKS = "looks: {left} left"
LEFT_IN_FILE = "{left} left in the file"
LEFT_IN_STORE = "{left} left in the {store}"
"""What is said, and looked for in the run."""

WROTE = "w"
"""How a write is marked in the history of a process."""

CLEARLY = 1.2
"""A way is slower if it takes this many times as long: two who think one after the other take 1.6 times as long."""

LONGEST_SECONDS = 12
"""A rush that would take longer with the lock is sped up, so that it ends before the time limit."""


KEPT_IN = {"value": "Value", "manager": "manager.dict"}
"""Where the number is kept, if not in a file, as the code has it."""


def read_stock(stock: Any) -> int:
    """How many tickets are left, as the file, the Value or the manager's dict says."""
    if isinstance(stock, Path):
        return int(stock.read_text())
    return int(stock.value if hasattr(stock, "get_lock") else stock["left"])


def write_stock(stock: Any, left: int) -> None:
    """Overwrite the number. In the file it always has the same length, so that nobody ever reads half of it."""
    if isinstance(stock, Path):
        with stock.open("r+") as file:
            file.write(f"{left:>8}")
    elif hasattr(stock, "get_lock"):
        stock.value = left
    else:
        stock["left"] = left


@contextmanager
def stock_in(store: str, left: int) -> Iterator[Any]:
    """A file, a Value or a manager's dict, with this number in it."""
    if store == "value":
        stock: Any = Value("i", left)
        yield stock
    elif store == "manager":
        with Manager() as manager:
            stock = manager.dict(left=left)
            yield stock
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "stock.txt")
            path.write_text(f"{left:>8}")
            yield path


def buy(stock: Any, think: float) -> None:
    """Read the number left, think, and write the number minus one. With a lock this is the critical section."""
    left = read_stock(stock)
    say(READS, left=left)
    if left > 0:
        time.sleep(think * random.uniform(0.8, 1.0))
        write_stock(stock, left - 1)
        note(stock=left - 1)
        say(BOUGHT, left=left - 1)
    else:
        say(SOLD_OUT)


def look_up(stock: Any, seconds: float) -> None:
    """Look how many are left. This changes nothing, so it needs no lock."""
    say(ASKS)
    time.sleep(seconds)
    say(LOOKS, left=read_stock(stock))


def rush(stock: Any, look: float, think: float, counter: Any, doors: Any, look_inside: bool, faints: bool) -> None:
    """One user: look how many are left, wait for the doors, and buy; with `look_inside`, look after locking."""
    if not look_inside:
        look_up(stock, look)
    if faints:
        faint(counter, doors)
    doors.wait()
    with counter or Lock():  # without a lock from main: a lock of its own, which keeps nobody out
        if look_inside:
            look_up(stock, look)
        buy(stock, think)


def faint(counter: Any, doors: Any) -> None:
    """Acquire the lock before the doors open, and be killed while holding it."""
    with counter:
        doors.wait()
        say("faints at the counter")
        os.kill(os.getpid(), signal.SIGKILL)


OTHER_WAY = {"store": {"lock": False}}


def main(
    users: Annotated[int, "people who want a ticket", range(1, 201)] = 10,
    tickets: Annotated[int | None, "tickets for sale [default: 3, but fewer than users]", range(1, 1_000_000)] = None,
    lock: Annotated[bool, "whether buying is guarded by a lock"] = True,
    lock_made_in: Annotated[
        Literal["main", "child"], "who makes the lock: main, or each child its own", {"lock": True}
    ] = "main",
    lock_around: Annotated[
        Literal["buy", "all"], "what the lock guards: only buying, or also looking", {"lock": True}
    ] = "buy",
    crash_holder: Annotated[
        bool,
        "whether the first user is killed while holding the lock",
        {"lock": True, "lock_made_in": "main"},
    ] = False,
    store: Annotated[
        Literal["file", "value", "manager"],
        "where the number left is kept: in a file, in a Value, or in a dict of a manager",
    ] = "file",
    look: Annotated[float, "seconds that it takes to look how many are left"] = 0.25,
    think: Annotated[float, "seconds between reading the number and buying, at the most"] = 1.0,
) -> None:
    longest = users * look + min(users, tickets_for_sale(users, tickets)) * think  # without the lock it takes less
    if longest > LONGEST_SECONDS:
        times = longest / LONGEST_SECONDS
        look, think = look / times, think / times
        say("runs {times} times as fast, to end within {seconds} s", times=round(times, 1), seconds=LONGEST_SECONDS)
    mutex = Lock() if lock and lock_made_in == "main" else None
    counter = mutex if lock else nullcontext()
    first_faints = crash_holder and mutex is not None
    doors = Barrier(users)
    left = tickets_for_sale(users, tickets)
    with stock_in(store, left) as stock:
        note(stock=left)
        people = [
            Process(
                target=rush,
                name=f"user-{number}",
                args=(stock, look, think, counter, doors, lock_around == "all", first_faints and number == 1),
            )
            for number in range(1, users + 1)
        ]
        for person in people:
            person.start()
        for person in people:
            person.join()
        if store == "file":
            say(LEFT_IN_FILE, left=read_stock(stock))
        else:
            say(LEFT_IN_STORE, left=read_stock(stock), store=KEPT_IN[store])


def tickets_for_sale(users: int, tickets: int | None) -> int:
    """Three, but fewer than users: if there were one for everyone, no ticket could be sold twice."""
    return tickets or max(1, min(3, users - 1))


def headline(
    run: "RunState",
    users: int,
    tickets: int | None,
    lock: bool,
    lock_made_in: str,
    **_: Any,
) -> Headline:
    """How many were sold, and of how many; who died holding the lock."""
    there_were = tickets_for_sale(users, tickets)
    # As the file sees it: that a user has bought one is said a moment later.
    buyers = [user for user in run.processes.values() if user.pid != run.main]
    sold = sum(deed == WROTE for user in buyers for _t, deed, _value, _lost in user.marks)
    figures: dict[str, Any] = {"sold": sold, "tickets": there_were}
    mutex = run.lock_named("mutex")
    if mutex is not None:
        died = [run.process_name(pid) for pid in mutex.holders if pid in run.processes and not run.processes[pid].alive]
        waiting = {wait.pid for wait in (*run.now_waiting(), *run.stuck_waits()) if wait.object == mutex.identity}
        if died and waiting:
            figures |= {"holder": died[0], "waiting": len(waiting)}
            return Headline("{holder} DIED HOLDING THE LOCK: nobody can ever buy, {waiting} wait", figures, alarm=True)
    if sold > there_were and lock and lock_made_in == "child":
        return Headline(
            "SOLD {sold} TICKETS, ONLY {tickets} EXISTED: each user locks another lock", figures, alarm=True
        )
    if sold > there_were:
        return Headline("SOLD {sold} TICKETS, ONLY {tickets} EXISTED", figures, alarm=True)
    if lock and lock_made_in == "main":
        return Headline("sold {sold} of {tickets} tickets, one buyer at a time", figures)
    return Headline("sold {sold} of {tickets} tickets", figures)


def always(run: "RunState", users: int, tickets: int | None, **_: Any) -> Iterator[Claim]:
    """Never are more sold than there were; and what main reads in the end is what was not sold."""
    there_were = tickets_for_sale(users, tickets)
    main = run.processes[run.main]
    deeds = [deed for user in run.processes.values() if user.pid != run.main for _t, deed, _value, _lost in user.marks]
    left = [int(value) for _t, deed, value, _lost in main.marks if deed != WROTE]
    sold = deeds.count(WROTE)
    figures = {"tickets": there_were, "sold": sold, "left": left[-1] if left else None}
    if sold > there_were:
        yield Claim(
            "oversold",
            False,
            "more tickets were sold than there were: {sold} of {tickets}",
            figures,
            broken="a ticket is sold twice",
        )
    elif left:
        counted = sold + left[-1] == there_were
        yield Claim(
            "counted",
            counted,
            "of {tickets} tickets {sold} were sold, and {left} are left",
            figures,
            broken="the number left is wrong in the end",
        )


def claims(
    run: "RunState",
    users: int,
    tickets: int | None,
    lock: bool,
    lock_made_in: str,
    lock_around: str,
    crash_holder: bool,
    store: str = "file",
    **_: Any,
) -> Iterator[Claim]:
    if crash_holder and lock and lock_made_in == "main":
        yield died_holding(run)
        return
    figures = counted(run, tickets_for_sale(users, tickets), store)
    if figures is None:
        yield Claim("M1" if not lock else "M2", False, "main never read how many were left")
    elif not lock:
        yield sold_twice(figures)
    elif lock_made_in == "child":
        yield locks_of_their_own(figures)
    else:
        yield sold_once(run, figures, users)
        yield guarded(run, lock_around)
    if figures is not None and figures["where"] is not None:
        yield the_same_elsewhere(run, figures, guarded=lock and lock_made_in == "main")


def counted(run: "RunState", there_were: int, store: str) -> dict[str, Any] | None:
    """How many tickets were sold and are left, and who read the same number; None: main never read what is left."""
    last = next((event for text in (LEFT_IN_FILE, LEFT_IN_STORE) for event in run.narrated(text)), None)
    left = last.fields["fields"]["left"] if last is not None else None
    if left is None:
        return None
    sold = sum(1 for _ in run.narrated(BOUGHT))
    readers: dict[int, list[str]] = {}
    for event in run.narrated(READS):
        readers.setdefault(event.fields["fields"]["left"], []).append(event.process)
    number, same = max(readers.items(), key=lambda item: len(item[1]) if item[0] > 0 else 0)
    return {
        "tickets": there_were,
        "sold": sold,
        "left": left,
        "oversold": max(0, sold - there_were),
        "sold_again": sold - (there_were - left),
        "number": number,
        "same": len(same),
        "who": same if len(same) <= 10 else [*same[:9], "…"],
        "inside": most_at_once(run),
        "where": KEPT_IN.get(store),
    }


def sold_twice(figures: dict[str, Any]) -> Claim:
    """What came of buying without a lock."""
    holds = figures["sold_again"] > 0 and figures["same"] > 1
    if figures["oversold"] > 0 and figures["where"] is not None:
        return Claim(
            "M1",
            holds,
            "there were {tickets} tickets, and {sold} were sold, {oversold} too many; the {where} says {left} left; "
            "{same} read the same number, {number}: {who}",
            figures,
            sentence="M1.oversold_elsewhere",
        )
    if figures["oversold"] > 0:
        return Claim(
            "M1",
            holds,
            "there were {tickets} tickets, and {sold} were sold, {oversold} too many; the file says {left} left; "
            "{same} read the same number, {number}: {who}",
            figures,
            sentence="M1.oversold",
        )
    if figures["where"] is not None:
        return Claim(
            "M1",
            holds,
            "of {tickets} tickets {sold} were sold, but the {where} says {left} left: {sold_again} of them can be sold "
            "once more; {same} read the same number, {number}: {who}",
            figures,
            sentence="M1.sold_again_elsewhere",
        )
    return Claim(
        "M1",
        holds,
        "of {tickets} tickets {sold} were sold, but the file says {left} left: {sold_again} of them can be sold "
        "once more; {same} read the same number, {number}: {who}",
        figures,
        sentence="M1.sold_again",
    )


def locks_of_their_own(figures: dict[str, Any]) -> Claim:
    """What came of it where each process had made a lock."""
    holds = figures["sold_again"] > 0 and figures["inside"] > 1
    if figures["where"] is not None:
        return Claim(
            "M4",
            holds,
            "each process locked a lock of its own, so up to {inside} were between reading and writing at once: of "
            "{tickets} tickets {sold} were sold, {oversold} too many, and the {where} says {left} left",
            figures,
            sentence="M4.elsewhere",
        )
    return Claim(
        "M4",
        holds,
        "each process locked a lock of its own, so up to {inside} were between reading and writing at once: of "
        "{tickets} tickets {sold} were sold, {oversold} too many, and the file says {left} left",
        figures,
    )


def sold_once(run: "RunState", figures: dict[str, Any], users: int) -> Claim:
    """What came of buying with one lock for all."""
    mutex = run.lock_named("mutex")
    holds = (
        figures["sold"] == min(users, figures["tickets"])
        and figures["sold_again"] == 0
        and figures["inside"] <= 1
        and mutex is not None
        and mutex.most_holders == 1
    )
    if figures["where"] is not None:
        return Claim(
            "M2",
            holds,
            "of {tickets} tickets {sold} were sold, the {where} says {left} left; "
            "never more than {inside} between reading and writing at once",
            figures,
            sentence="M2.elsewhere",
        )
    return Claim(
        "M2",
        holds,
        "of {tickets} tickets {sold} were sold, the file says {left} left; "
        "never more than {inside} between reading and writing at once",
        figures,
    )


def the_same_elsewhere(run: "RunState", figures: dict[str, Any], guarded: bool) -> Claim:
    """What came of it where the number is in no file, but where it is safe to read and safe to write."""
    figures = {name: figures[name] for name in ("where", "sold", "left")}
    figures["lost"] = sum(cells.lost for cells in run.cells.values())
    if guarded:
        return Claim(
            "M8",
            figures["lost"] == 0,
            "the number was in a {where}: with the lock from the read to the write no sale was overwritten, and {left} "
            "are left",
            figures,
            sentence="M8.guarded",
        )
    return Claim(
        "M8",
        figures["lost"] > 0,
        "the number was in a {where}: each read and each write of it is safe by itself, and still {lost} of {sold} "
        "sales were overwritten, and {left} are left",
        figures,
        sentence="M8.overwritten",
    )


def died_holding(run: "RunState") -> Claim:
    """Who died holding the lock, and who has waited for it ever since."""
    found = next(run.findings("holder_dead"), None)
    if found is None:
        return Claim("M7", False, "nobody waited for a lock whose holder is dead", sentence="M7.nobody_waited")
    figures = found.fields["figures"]
    waiting = [wait.process for wait in run.stuck_waits() if wait.kind == "lock_waiting"]
    return Claim(
        "M7",
        figures["holder"] == "user-1" and len(waiting) > 0,
        "{holder} was killed while it held {object}, which it had acquired at {held_at}; {count} wait for it for ever: "
        "{who}",
        {**figures, "count": len(waiting), "who": waiting if len(waiting) <= 10 else [*waiting[:9], "…"]},
        sentence="M7.died_holding",
    )


def guarded(run: "RunState", lock_around: str) -> Claim:
    """How long all users waited for the lock, and how long of that while its holder only looked."""
    figures = {"waited": seconds(waited_for_lock(run)), "for_looking": seconds(waited_for_looking(run))}
    if lock_around == "all":
        return Claim(
            "M5",
            figures["for_looking"] > 0,
            "the lock was around looking, too: together they waited {waited} s for it, {for_looking} s of that while "
            "its holder only looked",
            figures,
            sentence="M5.around_all",
        )
    return Claim(
        "M5",
        figures["for_looking"] == 0,
        "the lock was around buying alone: together they waited {waited} s for it, {for_looking} s of that while its "
        "holder only looked",
        figures,
        sentence="M5.around_buying",
    )


def waited_for_lock(run: "RunState") -> int:
    """ns that all users together waited for the lock."""
    mutex = run.lock_named("mutex")
    return run.waited("lock_waiting", mutex.identity) if mutex is not None else 0


def waited_for_looking(run: "RunState") -> int:
    """ns of that during which the holder of the lock looked how many are left."""
    mutex = run.lock_named("mutex")
    if mutex is None:
        return 0
    asked = {event.pid: event.t for event in run.narrated(ASKS)}
    looks = [(asked[event.pid], event.t) for event in run.narrated(LOOKS) if event.pid in asked]
    waits = [(wait.since, wait.until or run.t) for wait in run.all_waits("lock_waiting", mutex.identity)]
    return sum(max(0, min(end, until) - max(began, since)) for began, end in looks for since, until in waits)


def ways(lock_around: str, **_: Any) -> Iterator[Way]:
    """With the lock and without; or, if it is around looking, too: like that, and around buying alone."""
    guarded = {"lock": True, "lock_made_in": "main", "crash_holder": False}
    if lock_around == "all":
        yield Way("lock around looking and buying", guarded | {"lock_around": "all"})
        yield Way("lock around buying alone", guarded | {"lock_around": "buy"})
    else:
        yield Way("with the lock", guarded)
        yield Way("without the lock", guarded | {"lock": False})


def compared(
    runs: Mapping[str, "RunState"],
    users: int,
    tickets: int | None,
    lock_around: str,
    look: float,
    think: float,
    **_: Any,
) -> Iterator[Claim]:
    row = "M5" if lock_around == "all" else "M3"
    if users == 1:
        yield Claim(row, False, "one user waits for nobody: there is nothing to compare", sentence="compare.one_user")
    elif lock_around == "all" and look == 0:
        yield Claim(
            row,
            False,
            "--look 0: nobody takes time to look, so there is nothing to compare",
            sentence="compare.no_look",
        )
    elif lock_around == "all":
        yield around_too_much(*runs.values())
    elif think == 0:
        yield Claim(
            row,
            False,
            "--think 0: nobody takes time to buy, so there is nothing to compare",
            sentence="compare.no_think",
        )
    elif tickets_for_sale(users, tickets) == 1:
        yield Claim(
            row,
            False,
            "with the lock only one ticket is sold, and nobody waits for a second sale: there is nothing to compare",
            sentence="compare.one_ticket",
        )
    else:
        yield slower(*runs.values())


def slower(locked: "RunState", free: "RunState") -> Claim:
    """What the lock costs: the users think one after the other, and without it all at once."""
    with_lock, without = served(locked), served(free)
    if not with_lock or not without:
        return Claim("M3", False, "one of the runs did not run to its end", sentence="M3.no_end")
    return Claim(
        "M3",
        with_lock > CLEARLY * without and waited_for_lock(locked) > 0,
        "from the opening of the doors to the last user served it took {with_lock} s with the lock and {without} s "
        "without it: {ratio} times as long; they waited {waited} s for the lock in all (without it {waited_without} s)",
        {
            "with_lock": seconds(with_lock),
            "without": seconds(without),
            "ratio": round(with_lock / without, 2),
            "waited": seconds(waited_for_lock(locked)),
            "waited_without": seconds(waited_for_lock(free)),
        },
        sentence="M3.slower",
    )


def around_too_much(around_all: "RunState", around_buying: "RunState") -> Claim:
    """What it costs if the lock is around looking, too."""
    waited_all, waited = waited_for_lock(around_all), waited_for_lock(around_buying)
    if not waited_all or not waited:
        return Claim("M5", False, "one of the runs did not run to its end", sentence="M5.no_end")
    for_looking = waited_for_looking(around_all)
    return Claim(
        "M5",
        for_looking > 0 and waited_for_looking(around_buying) == 0,
        "with the lock around looking, too, they waited {waited_all} s for it in all, {for_looking} s of that while "
        "its holder only looked: {ratio} times as long as the {waited} s with the lock around buying alone",
        {
            "waited_all": seconds(waited_all),
            "for_looking": seconds(for_looking),
            "waited": seconds(waited),
            "ratio": round(waited_all / waited, 2),
        },
        sentence="M5.compared",
    )


def served(run: "RunState") -> int:
    """ns from the opening of the doors until the last user had a ticket, or read that none is left; 0: never."""
    opened = min((wait.until for wait in run.all_waits("barrier_waiting") if wait.until is not None), default=0)
    done = (event.t for event in run.said if event.fields["text"] in (BOUGHT, SOLD_OUT))
    return max(done, default=opened) - opened


def most_at_once(run: "RunState") -> int:
    """The most processes that were in the critical section at once."""
    inside: set[int] = set()
    most = 0
    for event in run.said:
        if event.fields["text"] == READS:
            inside.add(event.pid)
        elif event.fields["text"] in (BOUGHT, SOLD_OUT):
            inside.discard(event.pid)
        most = max(most, len(inside))
    return most


def seconds(ns: int) -> float:
    """ns as seconds, to the millisecond."""
    return round(ns / 1e9, 3)


if __name__ == "__main__":
    start(main)
