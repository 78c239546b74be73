"""The lock inside a Value or an Array, where it is not free: it is waited for, and acquired for one read or write."""

import time
from functools import partial
from typing import Any

from procsim.tracer import gate
from procsim.tracer.sites import OF_HELPER, caller, outer_site
from procsim.tracer.watch.locks import can_acquire, identity_of, waited_for

LOOKS, LOOK_SECONDS = 3, 20e-6
"""How often a thread looks whether it is free before it waits for it, and the seconds between two looks. While a thread
waits for a lock, each release of that takes a system call to wake it: four processes that count without a pause took
four times as long. As many updates are lost as without the looks."""

BRIEF_SECONDS = 0.02
"""A shorter wait is not told: another process reads or writes meanwhile."""

_sleep = time.sleep  # the tracer is there before the program, which may put another one there


def enter(memory: Any, kind: str, place: tuple[Any, ...]) -> None:
    """Acquire it where it is not free, or where the gate is closed.

    `memory`: of the Value or Array, see `values`; `kind`: of the event of the access; `place`: what it touches. The
    call site is that of the method that calls this.
    """
    at = caller(OF_HELPER) or outer_site(2)
    raw = memory.raw
    if gate.shared[0]:
        gate.arrive(kind, memory.identity, at, partial(can_acquire, raw), subject=_place_words(place))
    if not _acquired_soon(raw) and not raw.acquire(True, BRIEF_SECONDS):
        # The event of the access ends the wait.
        waited_for(raw, ("lock_waiting", "lock_refused"), identity_of(memory.lock), at, True, None)


def _acquired_soon(raw: Any) -> bool:
    for _ in range(LOOKS):
        if raw.acquire(False):
            return True
        _sleep(LOOK_SECONDS)
    return False


def _place_words(place: tuple[Any, ...]) -> str:
    """What follows the name of the object in the program's code: "[3]" or ".x"; "" where it is all of it."""
    if len(place) == 2:
        first, size = place
        return f"[{first}]" if size == 1 else f"[{first}:{first + size}]"
    return str(*place)
