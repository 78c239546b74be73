"""Why threads wait for a lock or semaphore for ever: a circle, a holder that has ended, or that waits itself.

How the sentences are written, with ⟨parts⟩ that may be left out: `base.Finding`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from procsim.findings.base import HOLDER, Finding, signal_name
from procsim.findings.causes import (
    Cause,
    CauseOfWait,
    KnownReason,
    NobodyIsLeft,
    ended_first,
    figures_of,
    first_for_each,
    made_at,
    wait_at,
)
from procsim.findings.deaths import CRASH, CRASHES, because, dead, with_deaths
from procsim.language import N_
from procsim.state.objects import Lock
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState

Waiter = tuple[int, str]
"""The PID and the name of a thread."""


def _lock_waits(run: RunState, stuck: Iterable[Wait]) -> Iterator[tuple[Wait, Lock]]:
    for wait in stuck:
        lock = run.locks.get(wait.object or 0)
        if wait.kind == "lock_waiting" and lock is not None:
            yield wait, lock


def _held_at(lock: Lock, pid: int) -> str | None:
    hold = lock.holds.get(pid)
    return hold.at if hold else None


# Circles -----------------------------------------------------------------------------------------------------


def lock_cycles(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Threads that wait for each other's locks, in a circle; or one that waits for its own."""
    next_of = {(wait.pid, wait.thread): (wait, lock) for wait, lock in _lock_waits(run, stuck)}
    explained: set[Waiter] = set()
    for waiter in next_of:
        circle = _circle(next_of, waiter)
        links = list(circle.values())
        if circle and not explained & circle.keys() and not (len(links) == 1 and _is_signal(*links[0])):
            explained |= circle.keys()
            if len(links) == 1 and links[0][1].value > 1:  # the others that hold one are named beside it
                explained |= {other for other, (_, lock) in next_of.items() if lock is links[0][1]}
            # Begin with the thread that waited first: the others have not kept to its order.
            first = min(range(len(links)), key=lambda place: links[place][0].since)
            links = links[first:] + links[:first]
            yield (LockTwice if len(links) == 1 else LockCycle)(links[0][0], links)


def _is_signal(wait: Wait, lock: Lock) -> bool:
    """Whether a thread waits for a lock or semaphore that others release for it, so that nobody holds it."""
    return lock.handed_on and not lock.holds[wait.pid].entered


def _holding_threads(lock: Lock) -> list[Waiter]:
    return [(pid, hold.thread) for pid, hold in lock.holds.items()]


def _circle(next_of: dict[Waiter, tuple[Wait, Lock]], start: Waiter) -> dict[Waiter, tuple[Wait, Lock]]:
    """The waits from `start` along the holders back to `start`; empty where they lead elsewhere.

    Of several holders of a semaphore the first is followed. If all of them lead to a circle, this path does, and that
    circle is found when `start` is one of its own threads.
    """
    path: dict[Waiter, tuple[Wait, Lock]] = {}
    waiter: Waiter | None = start
    while waiter in next_of and waiter not in path:
        path[waiter] = next_of[waiter]
        holders = _holding_threads(path[waiter][1])
        waiter = start if start in holders else next(iter(holders), None)
    return path if waiter == start else {}


@dataclass(frozen=True)
class Circle(CauseOfWait):
    """Threads wait in a circle, each for a lock that the next one holds."""

    links: list[tuple[Wait, Lock]]
    """Each waits for a lock that the next one holds, and the last one for a lock that the first one holds."""

    always_wrong: ClassVar[bool] = True


class LockTwice(Circle):
    """A thread waits for a lock that it holds itself."""

    @property
    def is_no_signal(self) -> bool:
        """Whether it is certainly no lock that one process acquires and another releases, as a signal.

        Such a one is acquired by a call, at one line, to be waited for at another.
        """
        wait, lock = self.links[0]
        same_line = wait.at is not None and wait.at == _held_at(lock, wait.pid)
        return not lock.handed_on and (same_line or lock.holds[wait.pid].entered)

    def finding(self, run: RunState) -> Finding:
        wait, lock = self.links[0]
        hold = lock.holds[wait.pid]
        figures = figures_of(run, wait) | {"held_at": hold.at, "held_since": round(hold.since / 1e9, 3)}
        if lock.value > 1:
            others = [other.process for other in run.stuck_waits() if other.object == wait.object and other is not wait]
            return Finding(
                "lock_twice",
                "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, of which it holds {count} of {value} itself"
                "⟨, acquired at {held_at}⟩⟨; others wait for one, too: {others}⟩",
                figures | {"count": lock.holders[wait.pid], "value": lock.value, "others": others or None},
                "do not wait for {object} while holding one of it: acquire it once for all of the work, or make it for "
                "as many as are held at once",
                sentence="lock_twice.semaphore",
            )
        if hold.at == wait.at and wait.at and not hold.entered:
            return Finding(
                "lock_twice",
                "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which it acquired itself when it was last "
                "there, and has not released",
                figures,
                "hold it by `with {object}:`, which releases it however the block is left: by an exception, return or "
                "continue",
                sentence="lock_twice.not_released",
            )
        return Finding(
            "lock_twice",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which it acquired itself⟨ at {held_at}⟩",
            figures,
            "do not acquire {object} again where it is held already, or make it an RLock, which its holder may acquire "
            "again",
        )


class LockCycle(Circle):
    """Several threads wait in a circle, each for a lock that the next one holds."""

    def finding(self, run: RunState) -> Finding:
        (wait, lock), (other, its) = self.links[:2]
        names = self._names()
        order = sorted((lock, its), key=lambda each: (each.at or "", each.name))
        figures = figures_of(run, wait) | {
            "process": names[0],
            "held_at": _held_at(self.links[-1][1], wait.pid),
            "other": names[1],
            "other_object": its.name,
            "other_made": made_at(run, its.identity),
            "other_at": other.at,
            "other_held_at": _held_at(lock, other.pid),
            "first": order[0].name,
            "second": order[1].name,
        }
        if len(self.links) == 2:
            finding = Finding(
                "lock_cycle",
                "{process} holds {other_object}⟨ (made at {other_made}, acquired at {held_at})⟩ and waits⟨ at {at}⟩ "
                "for {object}; {other} holds {object}⟨ (made at {made}, acquired at {other_held_at})⟩ and "
                "waits⟨ at {other_at}⟩ for {other_object}: a deadlock",
                figures,
                "acquire the two in the same order everywhere: always {first} before {second}",
            )
            return self._with_order(finding)
        figures |= {"count": len(names), "processes": names, "locks": [each.name for _, each in self.links]}
        finding = Finding(
            "lock_cycle",
            "{count} processes wait in a circle, each for a lock that the next one holds: {processes}; {process} "
            "waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {other} acquired⟨ at {other_held_at}⟩: a deadlock",
            figures,
            "acquire the locks in the same order everywhere: {locks}",
            sentence="lock_cycle.many",
        )
        return self._with_order(finding)

    def _with_order(self, finding: Finding) -> Finding:
        """The cure names the order of the locks, unless one line has made several by the same name, which we number."""
        made = [(lock.at, lock.name.rpartition("-")[0] or lock.name) for _, lock in self.links if lock.at is not None]
        if len(set(made)) == len(made):
            return finding
        return finding._replace(cure=IN_ORDER_OF_A_KEY, sentence=f"{finding.sentence or finding.id}.one_line")

    def _names(self) -> list[str]:
        """The names of the processes, with those of their threads where two threads of one process are among them."""
        waits = [wait for wait, _ in self.links]
        if len({wait.pid for wait in waits}) < len(waits):
            return [f"{wait.process} ({wait.thread})" for wait in waits]
        return [wait.process for wait in waits]


IN_ORDER_OF_A_KEY = N_(
    "acquire the locks in the same order everywhere: one line has made several of them, so sort what has them by a key "
    "that differs, such as a name or a number, and acquire them in that order"
)


# Holders that have ended -------------------------------------------------------------------------------------


def dead_holders(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Locks and semaphores whose holders have all ended without releasing them."""
    explained: set[int] = set()  # not `first_for_each`: a later wait for a lock may fit where the first one does not
    for wait, lock in _lock_waits(run, stuck):
        holders = [run.processes[pid] for pid in lock.holders if pid in run.processes]
        if lock.identity not in explained and holders and all(ended_first(holder, wait) for holder in holders):
            explained.add(lock.identity)
            yield DeadHolder(wait, lock, holders[-1], holders)
        elif lock.identity not in explained and not lock.holders and lock.holder_is_gone:
            explained.add(lock.identity)
            yield GoneHolder(wait, dead(run, wait))


@dataclass(frozen=True)
class DeadHolder(KnownReason):
    """A thread waits for a lock whose holder has ended without releasing it."""

    lock: Lock
    holder: Process
    """Of several holders of a semaphore, one is named."""
    holders: list[Process]

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        holder, code = self.holder, self.holder.exit_code
        figures = figures_of(run, self.wait) | {
            "holder": holder.name,
            HOLDER: holder.pid,
            "held_at": _held_at(self.lock, holder.pid),
            "exit_code": code,
        }
        if holder.terminated_by:
            return Finding(
                "holder_dead",
                "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {holder} held⟨ (acquired at "
                "{held_at})⟩ when {killer} ended it⟨ at {killed_at}⟩: nobody will ever release it",
                figures | {"killer": holder.terminated_by, "killed_at": holder.terminated_at},
                "never end a process by force that may hold a lock: tell it to end, and join it",
                sentence="holder_dead.terminated",
            )
        if code is not None and code < 0:
            finding = Finding(
                "holder_dead",
                "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {holder} held⟨ (acquired at "
                "{held_at})⟩ when it was ended by {signal}: nobody will ever release it",
                figures | {"signal": signal_name(-code)},
                "never end a process by force that may hold a lock: tell it to end, and join it",
                sentence="holder_dead.signal",
            )
            if -code in CRASHES:
                return finding._replace(cure=CRASH, sentence="holder_dead.crash")
            return finding
        return Finding(
            "holder_dead",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {holder} held⟨ (acquired at "
            "{held_at})⟩ when it ended: nobody will ever release it⟨; {because}⟩",
            figures | because(run, self.holders),
            "hold it by `with {object}:`, which releases it however the block is left",
        )


@dataclass(frozen=True)
class GoneHolder(KnownReason):
    """A thread waits for a lock that is taken, and the process that took it is gone: which one it was is not known."""

    dead: list[Process]
    """Those that are known to have ended badly."""

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "holder_dead",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which a process held when it ended: nobody "
            "will ever release it⟨; {because}⟩",
            figures_of(run, self.wait) | because(run, self.dead),
            "hold it by `with {object}:`, which releases it however the block is left; and never end a process by "
            "force that may hold a lock",
            sentence="holder_dead.unknown",
        )


# Holders that wait -------------------------------------------------------------------------------------------


def waiting_holders(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Locks whose holder waits for what cannot come, because a thread that waits for the lock would bring it."""
    waits = {(wait.pid, wait.thread): wait for wait in stuck if wait.kind != "lock_waiting"}
    for wait, lock in _lock_waits(run, first_for_each(stuck)):
        held_up = next((waits[holder] for holder in _holding_threads(lock) if holder in waits), None)
        if held_up is not None and _would_bring(run, wait, lock, held_up):
            awaited = held_up.child_name or figures_of(run, held_up)["object"]
            if awaited:
                yield WaitingHolder(wait, lock, held_up, awaited)


def _would_bring(run: RunState, wait: Wait, lock: Lock, awaited: Wait) -> bool:
    """Whether the thread that waits for a lock may be the one that the lock's holder waits for: True if not known.

    False if it does the same work as the holder (workers that take from a queue one at a time), or if only others used
    the other side of the queue, or work for the pool.
    """
    if awaited.kind == "process_join_waiting":
        return True  # it is the joined process, or holds that one up
    if lock.handed_on or wait.at == _held_at(lock, awaited.pid):  # a signal, which nobody holds; or the same work
        return False
    if awaited.kind == "pool_result_waiting":
        return run.processes[wait.pid].pool == awaited.object
    queue = run.queues.get(awaited.object or 0)
    if queue is None:  # an event, a condition …: any process may be the one that sets or notifies it
        return True
    users = queue.put if awaited.kind == "queue_get_waiting" else queue.got
    return not users or wait.pid in users


@dataclass(frozen=True)
class WaitingHolder(CauseOfWait):
    """A thread waits for a lock whose holder waits itself."""

    lock: Lock
    held_up: Wait
    """The holder's wait."""
    awaited: str
    """What the holder waits for: the name of a process or of an object."""

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        its = self.held_up
        figures = figures_of(run, self.wait) | {
            "holder": its.process,
            HOLDER: its.pid,
            "held_at": _held_at(self.lock, its.pid),
            "holder_at": wait_at(run, its),
            "child" if its.child_name else "awaited": self.awaited,
        }
        if its.child_name:
            return Finding(
                "holder_waits",
                "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {holder} acquired⟨ at {held_at}⟩ and "
                "still holds while it waits⟨ at {holder_at}⟩ for {child} to end: a deadlock",
                figures,
                "release {object} before waiting for a process that needs it",
                sentence="holder_waits.join",
            )
        return Finding(
            "holder_waits",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {holder} acquired⟨ at {held_at}⟩ and "
            "still holds while it waits⟨ at {holder_at}⟩ for {awaited}: a deadlock",
            figures,
            "release {object} before waiting for a process that needs it",
        )


# Semaphores --------------------------------------------------------------------------------------------------


def semaphores(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Semaphores that no process holds, or that are a signal, and that none is left to release."""
    for wait, lock in _lock_waits(run, first_for_each(stuck)):
        is_signal = wait.pid in lock.holders and _is_signal(wait, lock)
        if is_signal or (not lock.holders and not lock.holder_is_gone):
            yield Unreleased(wait, dead(run, wait))


class Unreleased(NobodyIsLeft):
    """A thread waits for a semaphore that no process holds, or that others release for it.

    Not always wrong: while main goes on, it may be a worker that waits for a signal, and that main will end.
    """

    def finding(self, run: RunState) -> Finding:
        finding = Finding(
            "lock_nobody_releases",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, and nobody is left who could release it"
            "⟨: {because}⟩",
            figures_of(run, self.wait),
            "see to it that whoever is to release {object} does so before it ends, whatever happens",
        )
        return with_deaths(run, finding, self.dead)
