"""Two eaters, a bowl, a spoon: each takes one and waits for the other.

Each eater needs both. One takes the bowl first, the other the spoon, and then each waits for what the other one holds:
a deadlock. It cannot happen if both take them in the same order. An eater who takes the bowl twice waits for himself.
"""

import time
from collections.abc import Iterator
from multiprocessing import Barrier, Lock, Process
from typing import TYPE_CHECKING, Annotated, Any

from procsim import Claim, Headline, say, start

if TYPE_CHECKING:
    from procsim.state.run_state import RunState

TAKES = "takes the {thing}"
EATEN = "everybody has eaten"
"""What is said, and looked for in the run."""


def eat(thing: str, first: Any, second: Any, has_one: Any, seconds: float) -> None:
    """Take one thing, which is called so, take the other, eat."""
    with first:
        say(TAKES, thing=thing)
        has_one.wait()  # until the other eater, too, has one
        with second:
            say("has both, and eats")
            time.sleep(seconds)


def eat_in_order(bowl: Any, spoon: Any, seconds: float) -> None:
    """The same, for two who take the bowl first."""
    with bowl:
        say(TAKES, thing="bowl")
        time.sleep(seconds)
        with spoon:
            say("has both, and eats")
            time.sleep(seconds)


def take_again(bowl: Any, seconds: float) -> None:
    """Take the bowl, and, as if one had forgotten it, take it again."""
    with bowl:
        say(TAKES, thing="bowl")
        time.sleep(seconds)
        with bowl:
            say("has it twice")


OTHER_WAY = {"ordered": True}


def main(
    ordered: Annotated[bool, "whether both take the bowl first, then the spoon"] = False,
    self: Annotated[bool, "one eater alone, who takes the bowl twice", {"ordered": False}] = False,
    pause: Annotated[float, "seconds that taking and eating take", range(4)] = 0.3,
) -> None:
    bowl, spoon = Lock(), Lock()
    if self:
        people = [Process(target=take_again, name="eater-Ming", args=(bowl, pause))]
    elif ordered:
        people = [
            Process(target=eat_in_order, name=name, args=(bowl, spoon, pause)) for name in ("eater-Ming", "eater-Lan")
        ]
    else:
        both = Barrier(2)
        people = [
            Process(target=eat, name="eater-Ming", args=("bowl", bowl, spoon, both, pause)),
            Process(target=eat, name="eater-Lan", args=("spoon", spoon, bowl, both, pause)),
        ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    say(EATEN)


def headline(run: "RunState", **_: Any) -> Headline | None:
    """Whether all have eaten; else procsim finds what is wrong by itself."""
    return Headline("everybody has eaten") if any(run.narrated(EATEN)) else None


def always(run: "RunState", **_: Any) -> Iterator[Claim]:
    """Every eater comes to an end, and puts down what it took."""
    held = [lock.name for lock in run.locks.values() if lock.holders]
    yield Claim(
        "put_down",
        not held,
        "nobody put these down: {held}",
        {"held": held},
        broken="something is never put down",
    )


def claims(run: "RunState", ordered: bool, self: bool, **_: Any) -> Iterator[Claim]:
    eaten = any(run.narrated(EATEN))
    if self:
        yield waits_for_itself(next(run.findings("lock_twice"), None), eaten)
    elif ordered:
        locks = [lock for lock in (run.lock_named("bowl"), run.lock_named("spoon")) if lock is not None]
        yield Claim(
            "M6",
            eaten and not run.found and all(lock.acquired.total() == 2 for lock in locks),
            "both took {first} first, then {second}: the second eater waited {waited} s, and then ate, too",
            {
                "first": "bowl",
                "second": "spoon",
                "waited": round(run.waited("lock_waiting") / 1e9, 3),
            },
            sentence="M6.ordered",
        )
    else:
        yield cycle(next(run.findings("lock_cycle"), None), eaten)


def cycle(found: Any, eaten: bool) -> Claim:
    """The cycle: who holds what, who waits for it, and how soon that was found."""
    if found is None:
        return Claim("M6", False, "nobody waited for ever", sentence="M6.nobody_waited")
    figures = found.fields["figures"]
    return Claim(
        "M6",
        not eaten,
        "{process} holds {other_object} and waits at {at} for {object}, {other} holds {object} and waits at {other_at} "
        "for {other_object}; found {after} s after the last of them began to wait, not by a time limit",
        {**figures, "after": after(found)},
        sentence="M6.circle",
    )


def waits_for_itself(found: Any, eaten: bool) -> Claim:
    """Which process waits for a lock that it holds."""
    if found is None:
        return Claim("M6", False, "nobody waited for ever", sentence="M6.nobody_waited")
    return Claim(
        "M6",
        not eaten,
        "{process} holds {object}, which it acquired at {held_at}, and waits for it at {at}; found {after} s after "
        "that, not by a time limit",
        {**found.fields["figures"], "after": after(found)},
        sentence="M6.own_lock",
    )


def after(found: Any) -> float:
    """Seconds from the moment when the last process began to wait until the deadlock was found."""
    waits = [found.fields["figures"], *found.fields["figures"]["standing"]]
    return float(round(found.t / 1e9 - max(wait["since"] for wait in waits), 3))


if __name__ == "__main__":
    start(main)
