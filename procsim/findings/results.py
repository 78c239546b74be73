"""Results of a pool that are errors, and that nobody asked for: what failed there is not said anywhere.

The error of a task stands in its result until somebody asks for that, by `get()` of a Pool's result, `result()` of a
Future or an iteration. A program that does not ask goes on as if the task had been done, or waits for what the task was
to put, set or send.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from procsim.findings.base import Finding, Outcome, error_words
from procsim.findings.causes import Cause, CauseOfWait, Figures, figures_of, first_for_each
from procsim.findings.deaths import because, broke_executor
from procsim.findings.task_errors import standing_in_tasks
from procsim.language import N_
from procsim.state.objects import Call, Pool
from procsim.state.processes import Wait
from procsim.state.run_state import RunState

_BY_OTHERS = (
    "queue_get_waiting",
    "queue_join_waiting",
    "pipe_receive_waiting",
    "event_waiting",
    "condition_waiting",
    "barrier_waiting",
    "system_inner_waiting",  # a threading.Event, say, which a callback is to set
)
"""Waits that a task may be there to end."""


def errors_unseen(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """Results are errors, and the process that submitted the tasks came to its end without asking for any of them."""
    for pool in run.pools.values():
        maker = run.processes.get(pool.made_by)
        # One that was ended, or ended by an exception, may have had no time to ask.
        if maker is None or maker.returned is None or maker.raised is not None or run.found:
            continue
        awaited = {"process": maker.name, "pid": maker.pid, "awaited": None, "at": None}
        yield from (_finding(run, pool, call, awaited) for call in _unseen(pool))


def never_begun(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A pool was ended before all tasks were begun, and nobody had waited for their results."""
    for pool in run.pools.values():
        event, count = pool.dropped, pool.submitted - pool.taken
        maker = run.processes.get(pool.made_by)
        if event is None or count <= 0 or maker is None or maker.returned is None or run.found:
            continue
        yield Finding(
            "tasks_never_begun",
            "{object}⟨ (made at {made})⟩ was ended⟨ at {at}⟩ before {count} of its {submitted} tasks were begun, and "
            "nobody had waited for their results",
            {
                "process": maker.name,
                "pid": maker.pid,
                "object": pool.name,
                "made": pool.at,
                "at": event.at,
                "count": count,
                "submitted": pool.submitted,
            },
            "wait for them before: by get() of each result, or by {object}.close() and {object}.join()",
        )


def errors_unseen_in_hang(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """The same, where the process waits for what a task was perhaps to bring about."""
    for wait in first_for_each(stuck):
        calls = [(pool, call) for pool in run.pools.values() if pool.made_by == wait.pid for call in _unseen(pool)]
        if wait.kind in _BY_OTHERS and calls:
            pool, call = max(calls, key=lambda each: each[1].errors)
            yield ErrorsUnseen(wait, pool, call)
            continue
        for pool in run.pools.values():
            if wait.kind in (*_BY_OTHERS, "own_thread_waiting") and pool.made_by == wait.pid and _failed_to_send(pool):
                yield NotSent(wait, pool)


def _failed_to_send(pool: Pool) -> bool:
    return pool.seen is not None and pool.seen.not_sent


@dataclass(frozen=True)
class Errors(CauseOfWait):
    """A thread waits for something, while results of tasks are errors."""

    pool: Pool


class NotSent(Errors):
    """A task could not be sent: what has become of its error is not known."""

    def finding(self, run: RunState) -> Finding:
        awaited = figures_of(run, self.wait)
        its_own = {"clause": N_("a thread of its own"), "figures": {}}
        return Finding(
            "errors_unseen",
            "{process} waits⟨ at {at}⟩ for {awaited}, and a task of {object}⟨ (made at {made})⟩ could most likely not "
            "be sent to a worker; its error stands in its result",
            awaited | {"awaited": awaited["object"] or its_own, "object": self.pool.name, "made": self.pool.at},
            "pass what can be pickled, and ask for each result, by its get() (a Future: result()), which raises the "
            "error",
            sentence="errors_unseen.seen",
        )


@dataclass(frozen=True)
class ErrorsUnseen(Errors):
    """Nobody has asked for them."""

    call: Call

    def finding(self, run: RunState) -> Finding:
        awaited = figures_of(run, self.wait)
        its_own = {"clause": N_("a thread of its own"), "figures": {}}
        return _finding(
            run, self.pool, self.call, {**awaited, "at": self.wait.at, "awaited": awaited["object"] or its_own}
        )


def _unseen(pool: Pool) -> list[Call]:
    return [call for call in pool.calls.values() if call.first_error is not None and not call.seen]


def _finding(run: RunState, pool: Pool, call: Call, awaited: Figures) -> Finding:
    """`awaited`: which process waits for what; None where it is at its end."""
    fields = call.first_error.fields if call.first_error else {}
    figures = {
        **awaited,
        "waiting": awaited["process"] if awaited["awaited"] else None,
        "object": pool.name,
        "made": pool.at,
        "count": call.errors,
        "results": call.results,
        "function": fields["function"],
        "submitted": fields["submitted"],
        "error": error_words(call.raised.fields if call.raised else fields),
        "type": fields["type"],
        "raised_at": call.raised.at if call.raised else None,
        "what": fields["inherited"],
    }
    figures |= standing_in_tasks(run, pool.made_by, fields["type"])
    template = {"sending": NOT_SENT, "answering": NOT_ANSWERED}.get(fields["during"], FAILED)
    if fields["during"] == "broken":
        how = because(run, broke_executor(run, pool.made_by, pool.identity))
        if how["because"]:
            return BROKEN._replace(figures=figures | how)
    return (GIVEN_TOO_LATE if fields["inherited"] else template)._replace(figures=figures)


FAILED = Finding(
    "errors_unseen",
    "⟨{waiting} waits⟩⟨ at {at}⟩⟨ for {awaited}, and ⟩{count} of {results} results of {function}⟨ (submitted to "
    "{object} at {submitted})⟩ came as an exception that nobody has asked for; the first: {error}⟨, raised at "
    "{raised_at}⟩",
    {},
    "keep what submitting a task returns, and call its get() (of a Future: result()), which raises the exception; or "
    "give the Pool an error_callback",
    sentence="errors_unseen.failed",
)
BROKEN = Finding(
    "errors_unseen",
    "⟨{waiting} waits⟩⟨ at {at}⟩⟨ for {awaited}, and ⟩{count} of {results} results of {function}⟨ (submitted to "
    "{object} at {submitted})⟩ came as an exception that nobody has asked for: {object} broke when a worker ended: "
    "{because}",
    {},
    "keep each result and ask for it, by its result(), which raises BrokenProcessPool; then make a new {object}",
    sentence="errors_unseen.broken",
)
NOT_SENT = Finding(
    "errors_unseen",
    "⟨{waiting} waits⟩⟨ at {at}⟩⟨ for {awaited}, and ⟩{count} of {results} calls of {function}⟨ (submitted to "
    "{object} at {submitted})⟩ could not be sent to a worker: {error}; that stands in results that nobody asked for",
    {},
    "pass what can be pickled, and ask for each result, by its get() (a Future: result()), which raises the error",
    sentence="errors_unseen.not_sent",
)
NOT_ANSWERED = Finding(
    "errors_unseen",
    "⟨{waiting} waits⟩⟨ at {at}⟩⟨ for {awaited}, and ⟩{count} of {results} results of {function}⟨ (submitted to "
    "{object} at {submitted})⟩ could not be pickled, and are errors that nobody asked for; the first: {error}",
    {},
    "return and raise what can be pickled, and ask for each result, by its get(), which raises the error",
    sentence="errors_unseen.not_answered",
)
GIVEN_TOO_LATE = Finding(
    "errors_unseen",
    "⟨{waiting} waits⟩⟨ at {at}⟩⟨ for {awaited}, and ⟩{count} of {results} calls of {function}⟨ (submitted to "
    "{object} at {submitted})⟩ could not be sent to a worker: {error}; that stands in results that nobody asked for",
    {},
    "give the {what} to the workers when they start, by initializer= and initargs= of {object}, or pass one that a "
    "Manager() has made; and ask for each result, which raises the error",
    sentence="errors_unseen.given_too_late",
)
"""The finding without its figures."""
