"""How a run is to move: what --step, --pace, --schedule and --ask ask for."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from procsim.command.run_options import RunOptions
from procsim.control.plan import FASTEST, SLOWEST, Plan
from procsim.errors import ProcsimError, WrongUse
from procsim.language import _
from procsim.options import Option, exclude_each_other, typed
from procsim.recording.recorder import Header
from procsim.views import Back
from procsim.wire.gate_words import FURTHER, SEEN

if TYPE_CHECKING:
    from procsim.control.steps import Step


def plan_of(options: RunOptions, header: Header) -> Plan:
    """The plan that these options ask for; `header` is that of this run. Raises `ProcsimError`."""
    if options.ask and (options.step or options.schedule is not None):
        raise WrongUse(exclude_each_other("--step" if options.step else "--schedule", "--ask"))
    pace = None if options.pace is None else pace_of(options.pace)
    schedule = [] if options.schedule is None else recorded_steps(options.schedule, header)
    if (options.step, pace is not None, bool(schedule)).count(True) > 1:
        raise WrongUse(_("choose one of --step, --pace and --schedule"))
    return Plan(options.step, pace, schedule, _further(schedule), asks=options.ask)


def _further(schedule: "Sequence[Step]") -> frozenset[str]:
    """What is a step in a run that takes these: where it has one that is no step elsewhere, it has all of those that
    `explore` has, or those that can be seen in any recording."""
    found = {step.operation for step in schedule} & FURTHER
    return FURTHER if found - SEEN else frozenset(SEEN if found else ())


def plan_back(back: Back, before: Plan) -> Plan:
    """The plan of a run that takes the first steps of an earlier one by itself, and then waits for a key.

    `back`: the events of the earlier run up to there, and the process that people have chosen to move next; `before`:
    the plan of that run.
    """
    from procsim.control.steps import steps_of  # most runs begin anew

    return Plan(held=True, schedule=steps_of(back.events), further=before.further, chosen=back.chosen)


def pace_of(typed: str) -> float:
    """Steps a second, of "2/s". Raises `WrongUse`."""
    try:
        pace = float(typed.removesuffix("/s"))
    except ValueError:
        pace = 0
    if not SLOWEST <= pace <= FASTEST:
        words = _("--pace must be steps a second, from {slowest}/s to {fastest}/s, not {pace}")
        raise WrongUse(words.format(slowest=f"{SLOWEST:g}", fastest=f"{FASTEST:g}", pace=typed))
    return pace


def recorded_steps(path: Path, header: Header) -> "list[Step]":
    """The steps that a recording holds. `header` is that of the run that is to take them again.

    Raises `WrongUse` where it has none, or is one of another program, other code or other options; `NoTrace` where it
    cannot be read.
    """
    from procsim.control.steps import steps_of  # most runs read no recording
    from procsim.recording.trace import Trace

    trace = Trace(path)
    _check_same_program(path, trace.header, header)
    try:
        steps = steps_of((event for batch in trace for event in batch), further=True)
    except ProcsimError:
        raise
    except Exception as error:
        raise trace.unfit(error) from error
    if not steps:
        raise WrongUse(_("{path}: no steps were recorded in it; record a run with --step or --pace").format(path=path))
    return steps


def _check_same_program(path: Path, recorded: Header, header: Header) -> None:
    if recorded.scenario != header.scenario:
        words = _("{path}: was recorded of {recorded}, not of {scenario}")
        raise WrongUse(words.format(path=path, recorded=recorded.scenario, scenario=header.scenario))
    if recorded.code and header.code and recorded.code != header.code:
        words = _("{path}: {scenario} has changed since this was recorded; record it anew, with --step or --pace")
        raise WrongUse(words.format(path=path, scenario=header.scenario))
    # One that only one of the two has may be new in this version, or be gone from it.
    other = {name: value for name, value in recorded.options.items() if header.options.get(name, value) != value}
    if other:
        options = typed([Option(name, type(value), None) for name, value in other.items()], other)
        words = _("{path}: was recorded with other options ({options}); give the same")
        raise WrongUse(words.format(path=path, options=" ".join(options or other)))
