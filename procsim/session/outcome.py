"""What a run has come to: how it ended, what it has shown, what came of a prediction, and the exit code."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from procsim import Claim
from procsim.control.prediction import Prediction
from procsim.exit_code import ExitCode
from procsim.findings import Outcome
from procsim.running.run import Run
from procsim.session import surroundings
from procsim.state.run_state import RunState
from procsim.views.base import Revealed

Judge = Callable[[RunState], list[Claim]]


def outcome_of(
    run: Run, state: RunState, interrupted: int, stacks: Mapping[str, Any] | None = None, repeats: int = 0
) -> Outcome:
    """How a run ended, for the findings; `interrupted`: the signal by which people ended it early, or 0; the others:
    see `Outcome`.
    """
    lacks_module = any(event.pid == state.main and event.fields.get("during") == "importing" for event in state.raised)
    return Outcome(
        timed_out=run.order.timeout if run.timed_out else None,
        interrupted=interrupted,
        ended=frozenset(run.ended),
        left_behind=tuple(run.left_behind),
        stacks=stacks or {},
        repeats=repeats,
        main_not_called=run.order.calls_start and run.exit_code == 0 and not state.counts["scenario_began"],
        typed_elsewhere=surroundings.with_keyboard(run.order),
        other_python=surroundings.with_other_python(run.order) if lacks_module else "",
    )


def judged(judge: Callable[[], list[Claim]]) -> list[Claim]:
    """The scenario's own claims; if its code fails on what it judges, that is a claim that does not hold."""
    claims: list[Claim] = []
    try:
        claims.extend(judge())
    except Exception as error:
        figures = {"error": f"{type(error).__name__}: {error}"}
        claims.append(Claim("?", False, "the claims could not be checked on this run: {error}", figures))
    return claims


def revealed(
    prediction: Prediction | None, run: RunState, claims: Sequence[Claim], was_to_ask: bool = False
) -> Revealed | None:
    """What people have predicted, and what came, by the claim of the lesson; None: they were not asked, nor
    `was_to_ask` the run.
    """
    if prediction is None or (run.asked is None and not was_to_ask):
        return None
    if run.asked is None:
        return Revealed(prediction.lesson, prediction.ask, prediction.answers, 0, asked=False)
    claim = next((claim for claim in claims if claim.id == prediction.lesson), None)
    came, instead = 0, ""
    if claim is not None and prediction.right is not None:
        came = prediction.right if claim.holds else 0
    elif claim is not None and prediction.figure in claim.figures:
        instead = str(claim.figures[prediction.figure])
        came = prediction.answers.index(instead) + 1 if instead in prediction.answers else 0
    return Revealed(
        prediction.lesson, prediction.ask, prediction.answers, run.predicted or 0, came, "" if came else instead
    )


def code_of_claims(claims: list[Claim], exit_codes: Iterable[int | None]) -> ExitCode:
    """Whether a scenario has shown what it is about. `exit_codes`: those of the main processes.

    Where there are claims they decide: a scenario may be about a main process that is killed.
    """
    shown = all(claim.holds for claim in claims) if claims else all(code == 0 for code in exit_codes)
    return ExitCode.SHOWN if shown else ExitCode.NOT_SHOWN
