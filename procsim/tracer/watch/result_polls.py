"""The program asks whether a result of a pool has come, and it has not: `ready()`, `done()`."""

from types import CodeType, FrameType
from typing import Any

from procsim.tracer.emit import emit
from procsim.tracer.sites import own_site
from procsim.tracer.values import own
from procsim.wire.pipe import Clock

ASKED_NS = 1_000_000_000
"""Between two events of a process that asks again and again, about one pool."""

LOOKING: set[CodeType] = set()
"""The methods that tell whether a result has come."""

_asked: dict[int, int] = {}
"""ns: when it was last emitted, by pool."""


def emit_asked(inside: Any) -> None:
    """It has not come. `inside`: the event or condition inside the result; a method of that calls this."""
    identity, job = inside._procsim_result
    now = Clock.now()
    if job is not None and now - _asked.get(identity, -ASKED_NS) >= ASKED_NS:
        _asked[identity] = now
        emit("pool_result_asked", identity, own_site(2), job=job)


def has_come(asking: FrameType) -> bool:
    """Whether the result of the Future has come whose method runs in this frame."""
    return own(asking.f_locals.get("self"), "_state") not in ("PENDING", "RUNNING")
