"""A run shown, or several that are compared: events from a source go into the state, the recording and the view; then
comes the verdict.

source (a Run, or a Trace) ──► apply ──► recorder, view ──► claims, findings ──► verdict ──► exit code
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, NamedTuple

from procsim import Claim
from procsim.control.conductor import Conductor, Plan
from procsim.diagnosis.watchman import watched
from procsim.exit_code import ExitCode
from procsim.findings import Outcome, findings
from procsim.findings.base import from_fields
from procsim.output import CannotWrite, ReaderGone
from procsim.recording.recorder import Recorder
from procsim.recording.trace import NoTrace, Trace
from procsim.running.run import Run
from procsim.session import surroundings
from procsim.session.faults import FINDINGS, FREELY, PICTURE, STEPS, Faults, Sheltered
from procsim.session.grants import grant, movement_of
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.views.base import Column, Verdict, View
from procsim.views.jsonl import verdict_line
from procsim.views.live.terminal import not_to_be_stopped
from procsim.wire.events import Event

NO_PLAN = Plan()
"""All go as they like."""

Judge = Callable[[RunState], list[Claim]]


def show_run(
    run: Run,
    view: View,
    scenario: str,
    judge: Judge | None = None,
    recorder: Recorder | None = None,
    stop_on_hang: bool = True,
    plan: Plan = NO_PLAN,
) -> int:
    """Run a program and show it; end it where it hangs, if wanted. Returns the exit code of the command.

    Raises `Misfit` where it does not take the steps of a schedule.
    """
    state, faults = RunState(), Faults()
    view = Sheltered(view, faults)
    reader_gone = False

    def pass_on(number: int) -> bool:
        """Leave a signal to the program; not Ctrl-C where it is known to hang."""
        passes = run.order.signals_are_passed_on and not (number == signal.SIGINT and state.hangs())
        if passes:
            run.pass_on(number)
        return passes

    with _Signals(run.stop, pass_on, stay_ignored=run.order.signals_are_passed_on) as signals:
        try:
            with run, view:
                signals.pass_on_the_ignored()
                _play(run, state, view, recorder, stop_on_hang, plan, faults, signals.end)
        except ReaderGone:
            reader_gone = True
        interrupted = signals.received or (signals.passed_on if run.exit_code == -signals.passed_on else 0)
        outcome = _outcome(run, state, interrupted)
        ended_by_itself = not (reader_gone or signals.received or run.timed_out)
        claims = _judge(judge, state) if judge and ended_by_itself else []
        verdict = Verdict(scenario, claims)
        faults.attempt(FINDINGS, lambda: verdict.findings.extend(findings(state, outcome)))
        if recorder is not None:
            recorder.verdict(verdict_line(verdict))
        if not reader_gone:
            try:
                view.finish(state, verdict)
            except ReaderGone:
                reader_gone = True
    faults.say()
    if reader_gone:
        return ExitCode.READER_GONE
    hung = state.hung is not None and (stop_on_hang or signals.received == signal.SIGINT)
    if signals.received and not hung:
        return 128 + signals.received
    if run.timed_out or (hung and not claims):
        return ExitCode.HUNG
    if judge is None:
        code = run.exit_code or 0
        return code if code >= 0 else 128 - code
    # Where there are claims they decide: a lesson may be about a main process that is killed.
    shown = all(claim.holds for claim in claims) if claims else run.exit_code == 0
    return ExitCode.SHOWN if shown else ExitCode.NOT_SHOWN


class WayRun(NamedTuple):
    """One of the runs that are compared."""

    run: Run
    judge: Judge
    column: Column


def show_compared(
    ways: Sequence[WayRun],
    view: View,
    scenario: str,
    compare: Callable[[Mapping[str, RunState]], list[Claim]],
    plan: Plan = NO_PLAN,
) -> int:
    """Run a scenario in several ways, one after the other, and show them together. Returns the exit code."""
    reader_gone, faults = False, Faults()

    def stop() -> None:
        for way in ways:
            way.run.stop()

    with _Signals(stop) as signals:
        try:
            with contextlib.ExitStack() as stack:
                for way in ways:
                    stack.enter_context(way.run)
                    if way is ways[0]:
                        stack.enter_context(view)
                    way.column.begun = True
                    view.begin(way.column)
                    _play(way.run, way.column.run, view, None, True, plan, faults, signals.end)
                    ended_by_itself = not (signals.received or way.run.timed_out)
                    claims = _judge(way.judge, way.column.run) if ended_by_itself else []
                    found = findings(way.column.run, _outcome(way.run, way.column.run, signals.received))
                    way.column.verdict = Verdict(scenario, claims, found)
                    view.end(way.column)
                    if not ended_by_itself:
                        break
            columns = [way.column for way in ways]
            together: list[Claim] = []
            if not signals.received and not any(way.run.timed_out for way in ways):
                together = _judge(lambda _: compare({column.name: column.run for column in columns}), columns[0].run)
            view.finish(columns[0].run, Verdict(scenario, together))
        except ReaderGone:
            reader_gone = True
    faults.say()
    if reader_gone:
        return ExitCode.READER_GONE
    if signals.received:
        return 128 + signals.received
    if any(way.run.timed_out or (way.column.run.hung and not _claims(way.column)) for way in ways):
        return ExitCode.HUNG
    claims = [*together, *(claim for column in columns for claim in _claims(column))]
    shown = all(claim.holds for claim in claims) if claims else all(way.run.exit_code == 0 for way in ways)
    return ExitCode.SHOWN if shown else ExitCode.NOT_SHOWN


def _claims(column: Column) -> list[Claim]:
    return column.verdict.claims if column.verdict else []


def show_trace(trace: Trace, batches: Iterable[list[Event]], view: View) -> int:
    """Replay a recording. Returns the exit code of the command. Raises `NoTrace` once all that is there was shown."""
    state = RunState()
    stopped = threading.Event()
    with _Signals(stopped.set) as signals:
        damaged: NoTrace | None = None
        try:
            with view:
                try:
                    for batch in never_back(_until(batches, stopped)):
                        for event in batch:
                            apply(state, event)
                            view.event(event, state)
                        grant(view.wishes(state), view, signals.end, None)
                        view.tick(state, None)
                except NoTrace as error:
                    damaged = error
            if not stopped.is_set():
                recorded = trace.verdict or {"claims": [], "findings": []}
                claims = [
                    Claim(row["id"], row["holds"], row["template"], row["figures"], row.get("sentence", ""))
                    for row in recorded["claims"]
                ]
                found = [from_fields(finding) for finding in recorded["findings"]]
                view.finish(state, Verdict(trace.header.scenario, claims, found))
        except ReaderGone:
            return ExitCode.READER_GONE
        except (CannotWrite, NoTrace):
            raise
        except Exception as error:
            damaged = trace.unfit(error)
        if damaged is not None:
            raise damaged
    return 128 + signals.received if signals.received else ExitCode.SHOWN


def _play(
    run: Run,
    state: RunState,
    view: View,
    recorder: Recorder | None,
    stop_on_hang: bool,
    plan: Plan,
    faults: Faults,
    end: Callable[[], None],
) -> None:
    """Follow a run that was entered, to its end, whatever of ours fails meanwhile: apply, conduct, grant, draw.

    `end` is called where people wish that it ends.
    """
    conductor = Conductor(run.gate, state, plan)
    batches = never_back(watched(run, state))
    for batch in _until_it_hangs(batches, run, state) if stop_on_hang else batches:
        for event in batch:
            try:
                apply(state, event)
            except Exception as error:
                faults.add(PICTURE, error)
            if recorder is not None:
                recorder.event(event, state.names)
            view.event(event, state)
        if not faults.attempt(STEPS, conductor.tick, batch):  # before it is drawn: people wait to see a step done
            conductor.change_pace(FREELY)
        refused = grant(view.wishes(state), view, end, conductor)
        view.tick(state, movement_of(conductor, refused))


def _outcome(run: Run, state: RunState, interrupted: int) -> Outcome:
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


def never_back(batches: Iterable[list[Event]]) -> Iterator[list[Event]]:
    """The same events in the same order, none of them earlier than the one before it.

    Their order is what is certain: cause before effect. A time can be a little too early: a process was interrupted
    between looking at the clock and saying what it did, or procsim has told of the end of one while others were still
    saying something. Without this a log or a recording would go back in time, and a wait could be shorter than nothing.
    """
    latest = 0
    for batch in batches:
        for place, event in enumerate(batch):
            if event.t < latest:
                batch[place] = event._replace(t=latest)
            else:
                latest = event.t
        yield batch


def _until_it_hangs(batches: Iterable[list[Event]], run: Run, state: RunState) -> Iterator[list[Event]]:
    stuck = False
    for batch in batches:
        yield batch
        if stuck and state.hangs():  # what was found after these was told now, or had been before main hung
            run.stop()
        stuck = any(event.kind == "process_stuck" for event in batch)


def _until(batches: Iterable[list[Event]], stopped: threading.Event) -> Iterator[list[Event]]:
    for batch in batches:
        yield batch
        if stopped.is_set():
            return


def _judge(judge: Judge, state: RunState) -> list[Claim]:
    """The scenario's own claims; where its code fails on this run, that is a claim that does not hold."""
    claims: list[Claim] = []
    try:
        claims.extend(judge(state))
    except Exception as error:
        figures = {"error": f"{type(error).__name__}: {error}"}
        claims.append(Claim("?", False, "the claims could not be checked on this run: {error}", figures))
    return claims


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_MEANT_FOR_THE_PROGRAM = (signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
"""What people send to a server to have it reload, say. Where signals are passed on, these are, too."""


class _Signals:
    """Has a run ended, and not torn off, by Ctrl-C, SIGTERM or SIGHUP, however often they come; or passes them on."""

    def __init__(
        self,
        stop: Callable[[], None],
        pass_on: Callable[[int], bool] = lambda number: False,
        stay_ignored: bool = False,
    ) -> None:
        self.received = 0
        """The signal by which people ended it."""
        self.passed_on = 0
        """The last one that was passed on."""
        self._stop = stop
        self._pass_on = pass_on
        self._stay_ignored = stay_ignored
        """Whether all of them that are ignored stay so, since the program is to inherit that; SIGHUP (nohup) always."""
        self._ignored: list[int] = []
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Signals":
        if threading.current_thread() is threading.main_thread():
            for number in (*_ENDING, *_MEANT_FOR_THE_PROGRAM) if self._stay_ignored else _ENDING:
                ignored = signal.getsignal(number) is signal.SIG_IGN
                if ignored and (self._stay_ignored or number == signal.SIGHUP):
                    self._ignored.append(number)
                else:
                    self._before[number] = signal.signal(number, self._receive)
        return self

    def pass_on_the_ignored(self) -> None:
        """The program has been started, and has inherited what was ignored; it may have made a handler of its own."""
        if self._stay_ignored:
            for number in self._ignored:
                self._before[number] = signal.signal(number, self._receive)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            with contextlib.suppress(ValueError, TypeError):
                signal.signal(number, handler)

    def end(self) -> None:
        """People have ended it by a key: as by Ctrl-C."""
        self.received = self.received or signal.SIGINT
        self._stop()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._pass_on(number):
            self.passed_on = number
        elif number not in self._ignored:
            self.received = self.received or number
            if number != signal.SIGINT:
                not_to_be_stopped()
            self._stop()
