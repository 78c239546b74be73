"""Where the time of a run went, as JSON: in the verdict and in a file of findings."""

from collections.abc import Iterable
from typing import Any

from procsim.state.objects import Lock, Longest, Pool
from procsim.state.run_state import RunState
from procsim.state.times import ProcessTimes, ThingTimes, Waits, times_of

MOST = 100
"""At most so many objects and processes of each kind are listed, the longest first."""


def times_fields(run: RunState) -> dict[str, Any] | None:
    """What each lock, queue and so on was waited for, how busy each process was, and what main waited for. All times
    are in seconds. None: the run moved by steps, and waited for people.
    """
    times = times_of(run)
    if times is None:
        return None
    others = sorted(times.others, key=lambda other: -other.waited)
    return {
        "main": _process(run, times.main) if times.main is not None else None,
        "waited_for": [_thing(run, thing) for thing in times.things[:MOST]],
        "pools": [
            _thing(run, thing)
            | {"workers": [_process(run, worker) for worker in workers[:MOST]]}
            | {"workers_left_out": max(0, len(workers) - MOST)}
            for thing, workers in times.pools[:MOST]
        ],
        "processes": [_process(run, other) for other in others[:MOST]],
        "left_out": {
            "waited_for": max(0, len(times.things) - MOST),
            "pools": max(0, len(times.pools) - MOST),
            "processes": max(0, len(others) - MOST),
        },
        "forgotten": {"processes": run.forgotten_processes, "objects": run.forgotten_objects},
    }


def _seconds(ns: int) -> float:
    return round(ns / 1e9, 6)


def _waits(run: RunState, all_waits: Iterable[Waits]) -> list[dict[str, Any]]:
    return [
        {
            "kind": waits.kind,
            "object": run.name(waits.object) if waits.object is not None else None,
            "seconds": _seconds(waits.ns),
            "times": waits.times,
            "processes": waits.processes,
        }
        for waits in all_waits
    ]


def _process(run: RunState, times: ProcessTimes) -> dict[str, Any]:
    return {
        "process": times.process.name,
        "pid": times.process.pid,
        "seconds": _seconds(times.ns),
        "busy": _seconds(times.busy),
        "waits": _waits(run, times.waits),
    }


def _thing(run: RunState, thing: ThingTimes) -> dict[str, Any]:
    named = run.names.get(thing.identity)
    fields: dict[str, Any] = {
        "name": named.name if named is not None else None,
        "type": named.type if named is not None else None,
        "at": thing.kept.at if thing.kept is not None else None,
        "waits": _waits(run, thing.waits),
    }
    if isinstance(thing.kept, Lock):
        fields["longest_hold"] = _hold(thing.longest)
    if isinstance(thing.kept, Pool):
        fields["tasks"] = thing.kept.taken
        fields["longest_task"] = _task(thing.longest)
    return fields


def _hold(longest: Longest | None) -> dict[str, Any] | None:
    if longest is None:
        return None
    return {"seconds": _seconds(longest.ns), "process": longest.process, "at": longest.at}


def _task(longest: Longest | None) -> dict[str, Any] | None:
    fields = _hold(longest)
    if fields is None or longest is None:
        return None
    return fields | {"function": longest.function, "items": longest.items}
