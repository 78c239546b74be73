"""Shows several runs of one scenario, made one after the other, and what they have shown together."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from procsim import Claim
from procsim.exit_code import ExitCode
from procsim.findings import findings
from procsim.output import ReaderGone
from procsim.running.launch import launch
from procsim.running.order import Order
from procsim.running.run import Run
from procsim.session.faults import FINDINGS, Faults, Sheltered
from procsim.session.outcome import Judge, code_of_claims, judged, outcome_of
from procsim.session.player import Player
from procsim.session.signals import Signals
from procsim.state.races import Races
from procsim.state.run_state import RunState
from procsim.views.base import Column, Verdict, View


class WayToRun(NamedTuple):
    """One of the ways that are compared."""

    order: Order
    judge: Judge
    column: Column


def show_compared(
    ways: Sequence[WayToRun],
    make_view: Callable[[], View],
    scenario: str,
    compare: Callable[[Mapping[str, RunState]], list[Claim]],
) -> tuple[int, View]:
    """Run a scenario in several ways, one after the other, and show them together.

    Returns the exit code of the command, and the view, which knows what people want. `make_view` is called when the
    first program has been started. Raises `CannotStart` where one cannot be started.
    """
    faults, runs = Faults(), list[Run]()
    view = Sheltered(make_view, faults)
    columns = [way.column for way in ways]
    together: list[Claim] = []
    reader_gone = False
    with Signals() as signals:
        try:
            with contextlib.ExitStack() as viewing:
                for way in ways:
                    with launch(way.order) as run:
                        runs.append(run)
                        signals.go_to(run)
                        if way is ways[0]:  # not before a program was started
                            viewing.enter_context(view)
                        _play(way, run, view, scenario, faults, signals)
                    if signals.received or run.timed_out:
                        break
            if not signals.received and not any(run.timed_out for run in runs):
                together = judged(partial(compare, {column.name: column.run for column in columns}))
            view.finish(columns[0].run, Verdict(scenario, together))
        except ReaderGone:
            reader_gone = True
    faults.complain()
    code = ExitCode.READER_GONE if reader_gone else _exit_code(runs, columns, together, signals.received)
    return code, view.view


def _exit_code(runs: Sequence[Run], columns: Sequence[Column], together: list[Claim], received: int) -> int:
    """The exit code where the verdict was shown; `received`: the signal by which people ended the runs, or 0."""
    if received:
        return 128 + received
    if any(run.timed_out for run in runs) or any(column.run.hung and not _claims(column) for column in columns):
        return ExitCode.HUNG
    claims = [*together, *(claim for column in columns for claim in _claims(column))]
    return code_of_claims(claims, [run.exit_code for run in runs])


def _play(way: WayToRun, run: Run, view: View, scenario: str, faults: Faults, signals: Signals) -> None:
    """Play one of the runs, which was started, and put its verdict into its column."""
    column = way.column
    column.begun = True
    column.run.races = Races()
    view.begin(column)
    player = Player(run, column.run, view, faults, signals.end)
    player.play()
    ended_by_itself = not (signals.received or run.timed_out)
    claims = judged(partial(way.judge, column.run)) if ended_by_itself else []
    outcome = outcome_of(run, column.run, signals.received, repeats=player.repeats)
    column.verdict = verdict = Verdict(scenario, claims)
    faults.attempt(FINDINGS, lambda: verdict.findings.extend(findings(column.run, outcome)))
    view.end(column)


def _claims(column: Column) -> list[Claim]:
    return column.verdict.claims if column.verdict else []
