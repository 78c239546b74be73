"""What a run has come to: how it ended, what it has shown, and the exit code of the command."""

from collections.abc import Callable, Iterable

from procsim import Claim
from procsim.exit_code import ExitCode
from procsim.findings import Outcome
from procsim.running.run import Run
from procsim.session import surroundings
from procsim.state.run_state import RunState

Judge = Callable[[RunState], list[Claim]]


def outcome_of(run: Run, state: RunState, interrupted: int) -> Outcome:
    """How a run ended, for the findings; `interrupted`: the signal by which people ended it early, or 0."""
    lacks_module = any(event.pid == state.main and event.fields.get("during") == "importing" for event in state.raised)
    return Outcome(
        timed_out=run.order.timeout if run.timed_out else None,
        interrupted=interrupted,
        ended=frozenset(run.ended),
        left_behind=tuple(run.left_behind),
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


def code_of_claims(claims: list[Claim], exit_codes: Iterable[int | None]) -> ExitCode:
    """Whether a scenario has shown what it is about. `exit_codes`: those of the main processes.

    Where there are claims they decide: a scenario may be about a main process that is killed.
    """
    shown = all(claim.holds for claim in claims) if claims else all(code == 0 for code in exit_codes)
    return ExitCode.SHOWN if shown else ExitCode.NOT_SHOWN
