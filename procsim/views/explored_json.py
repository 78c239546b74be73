"""What exploring a program has shown, for programs: one object."""

from collections.abc import Mapping
from typing import Any, TextIO

from procsim.explore.deciding import Pair
from procsim.explore.outcomes import Exploration, Kind, Outcome
from procsim.explore.schedule import Execution, Operation
from procsim.json_line import line_of
from procsim.output import writing
from procsim.views.explored import shown_steps
from procsim.wire.json_values import json_value


def write_explored(stream: TextIO, title: str, exploration: Exploration, again: Mapping[Kind, str]) -> None:
    """Write it as one line. `title`: the command; `again`: for kinds of outcome, the command that shows one again."""
    line = json_value(explored_fields(title, exploration, again))
    with writing():
        stream.write(line_of(line) + "\n")
        stream.flush()


def explored_fields(title: str, exploration: Exploration, again: Mapping[Kind, str]) -> dict[str, Any]:
    """All that is known, in JSON's types."""
    right = exploration.right
    return {
        "kind": "explored",
        "command": title,
        "executions": exploration.executions,
        "explaining": exploration.explaining,
        "at_random": exploration.sampled,
        "seed": exploration.seed,
        "seconds": round(exploration.seconds, 3),
        "longest": exploration.longest,
        "tried_all": exploration.tried_all,
        "all_right": exploration.is_right,
        "bound": exploration.bound,
        "within_bound": exploration.searched,
        "open": exploration.open,
        "limited": exploration.limited,
        "interrupted": exploration.interrupted,
        "orders": exploration.orders,
        "contested": list(dict.fromkeys(exploration.contested.values())),
        "right": None if right is None else {"executions": right.executions, "orders": right.orders},
        "wrong": [_wrong_fields(outcome, exploration, again) for outcome in exploration.wrong],
        "uncontrolled": [{**each._asdict(), "executions": count} for each, count in exploration.uncontrolled.items()],
        "diverged": [str(each) for each in exploration.diverged],
        "stopped": None if exploration.stopped is None else exploration.stopped._asdict(),
    }


def _wrong_fields(outcome: Outcome, exploration: Exploration, again: Mapping[Kind, str]) -> dict[str, Any]:
    return {
        "faults": [fault._asdict() for fault in outcome.faults],
        "executions": outcome.executions,
        "orders": outcome.orders,
        "first": outcome.first,
        "again": outcome.again,
        "flaky": outcome.is_flaky,
        "steps": _step_fields(outcome.simplest, {id(step) for step in shown_steps(outcome, exploration)}),
        "blocked": [_operation_fields(thread, each) for thread, each in sorted(outcome.simplest.blocked.items())],
        "decides": [[_pair_fields(pair) for pair in pairs] for pairs in outcome.pairs],
        "command": again.get(outcome.kind),
    }


def _step_fields(execution: Execution, shown: set[int]) -> list[dict[str, Any]]:
    return [
        {
            **_operation_fields(step.thread, step.operation),
            "value": step.value or None,
            "gave_up": step.gave_up,
            "matters": id(step) in shown,
        }
        for step in execution.steps
    ]


def _operation_fields(thread: str, operation: Operation) -> dict[str, Any]:
    return {
        "thread": thread,
        "operation": operation.kind,
        "object": operation.object or None,
        "at": operation.at or None,
    }


def _pair_fields(pair: Pair) -> dict[str, Any]:
    return {
        "earlier": _operation_fields(pair.earlier.thread, pair.earlier.operation),
        "later": _operation_fields(pair.thread, pair.later),
    }
