"""How processes and the run ended: by an exception, a signal, the time limit, or people."""

import signal
from collections.abc import Iterator
from typing import Any

from procsim.findings import beginner
from procsim.findings.base import (
    HOLDER,
    WORKER,
    WRITER,
    Finding,
    Outcome,
    error_words,
    named_as,
    signal_name,
    standing,
)
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def raised(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process ended by an exception that it did not catch, and the program did not read its exit code.

    The tracer sees reads of exit codes only for children of multiprocessing, so a subprocess has no such finding.
    """
    for event in run.raised:
        process = run.processes[event.pid]
        seen = _is_seen(run, process) or (event.pid != run.main and event.pid not in run.started)
        if seen or process.terminated_by or beginner.explained(event) or _was_to_end(run, event):
            continue
        figures = {
            "process": event.process,
            "pid": event.pid,
            "at": event.at,
            "error": error_words(event.fields),
            **event.fields,
            **_starter(run, event.pid),
        }
        if not _parent_ended_well(run, process):
            yield _raised(run, event, figures, outcome)
        else:
            yield Finding(
                "raised",
                "{parent} ended as if nothing had happened, but {process} had ended⟨ at {at}⟩ by an exception: {error}",
                figures,
                "after join(), {parent} can look at its exitcode, which is not 0",
                sentence="raised.unnoticed",
            )


def _raised(run: RunState, event: Event, figures: dict[str, Any], outcome: Outcome) -> Finding:
    if event.pid == run.main and event.fields.get("during") == "importing" and outcome.other_python:
        return Finding(
            "raised",
            "{process} ended⟨ at {at}⟩ by an exception: {error}",
            figures | {"command": outcome.other_python},
            "it was run by procsim's own Python; where another one has {subject}, run it by that: {command}",
            sentence="raised.importing",
        )
    reads_keyboard = (event.fields["type"], event.fields["text"]) == ("EOFError", "EOF when reading a line")
    if event.pid == run.main and reads_keyboard and outcome.typed_elsewhere:
        return Finding(
            "raised",
            "{process} ended⟨ at {at}⟩ by an exception: {error}",
            figures | {"command": outcome.typed_elsewhere},
            "input() gets nothing here, since the keyboard is procsim's; where the program has it: {command}",
            sentence="raised.keyboard",
        )
    return Finding("raised", "{process} ended⟨ at {at}⟩ by an exception: {error}", figures)


def _was_to_end(run: RunState, event: Event) -> bool:
    """Whether a daemon raised when its parent's code was done, so that multiprocessing was about to end it.

    A daemon that only begins then may miss what is gone with its parent, such as a semaphore.
    """
    start = run.started.get(event.pid)
    parent = run.processes.get(start.pid) if start is not None and start.fields["daemon"] else None
    return parent is not None and parent.returned is not None and parent.returned <= event.t


def died(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process was killed from outside the program, and the program did not read its exit code."""
    explained = named_as(run, HOLDER, WRITER, WORKER)  # by a finding that says more
    for process in run.processes.values():
        if process.pid in explained:
            continue
        code = process.exit_code
        if code is None or not was_killed(run, process, outcome) or _is_seen(run, process):
            continue
        figures = {
            "process": process.name,
            "pid": process.pid,
            "signal": signal_name(-code),
            "at": process.at,
            **_starter(run, process.pid),
        }
        if not _parent_ended_well(run, process):
            yield Finding("died", "{signal} has ended {process}⟨ (PID {pid})⟩⟨, last seen at {at}⟩", figures)
        else:
            yield Finding(
                "died",
                "{parent} ended as if nothing had happened, but {signal} had ended {process}⟨ (PID {pid})⟩"
                "⟨, last seen at {at}⟩",
                figures,
                "after join(), {parent} can look at its exitcode, which is not 0",
                sentence="died.unnoticed",
            )


def was_killed(run: RunState, process: Process, outcome: Outcome) -> bool:
    """Whether a signal ended a process that neither the program nor people had asked to end.

    SIGTERM, SIGINT and SIGHUP to a child count as the program's own, since there are ways to send them that the tracer
    does not see: `os.killpg`, or the `kill` of a shell.
    """
    code = process.exit_code
    asked = process.pid in run.started and code in (-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)
    by_program = asked or process.terminated_by or (process.daemon and code == -signal.SIGTERM)
    by_people = process.pid in outcome.ended or code == -outcome.interrupted
    return code is not None and code < 0 and not by_program and not by_people


def _starter(run: RunState, pid: int) -> dict[str, Any]:
    """The process that started this one, and the line, as far as they are known."""
    start = run.started.get(pid)
    return {"parent": start.process, "parent_pid": start.pid, "started_at": start.at} if start else {}


def _is_seen(run: RunState, process: Process) -> bool:
    """Whether the program knows how this process ended.

    It has read the exit code; or the process worked for an executor, which raises BrokenProcessPool, and its parent has
    not ended by that.
    """
    of_executor = run.pool_type(process) == "ProcessPoolExecutor"
    return process.exit_code_seen or (of_executor and _parent_ended_well(run, process))


def _parent_ended_well(run: RunState, process: Process) -> bool:
    """Whether the process that started this one ended with exit code 0, as if nothing had happened."""
    start = run.started.get(process.pid)
    parent = run.processes.get(start.pid) if start else None
    return parent is not None and parent.exit_code == 0


def left_behind(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process still ran when main had ended: main left without ending or joining it."""
    for pid in outcome.left_behind:
        process, main = run.processes.get(pid), run.processes.get(run.main)
        figures = {
            "process": run.process_name(pid),
            "pid": pid,
            "at": process.at if process else None,
            "daemon": process is not None and process.daemon,
            **_starter(run, pid),
        }
        if pid not in run.started or main is None:
            yield Finding(
                "left_behind",
                "{process}⟨ (PID {pid})⟩ still ran when main had ended; procsim ended it",
                figures,
                "wait for it: os.waitpid() after os.fork(), wait() of a Popen; or, if it is to go on after main, "
                "start it in a session of its own: start_new_session=True",
                sentence="left_behind.no_child",
            )
        elif main.exit_code is not None and main.exit_code < 0:
            yield Finding(
                "left_behind",
                "{process}⟨ (PID {pid})⟩, started by {parent}⟨ at {started_at}⟩, ran on after main had been ended by "
                "{signal} and could not end it; procsim ended it",
                figures | {"signal": signal_name(-main.exit_code)},
                "let it end when its parent is gone: multiprocessing.parent_process().is_alive() tells",
                sentence="left_behind.main_killed",
            )
        elif main.returned is None:
            yield Finding(
                "left_behind",
                "{process}⟨ (PID {pid})⟩, started by {parent}⟨ at {started_at}⟩, ran on after main had left by "
                "os._exit, which neither ends nor joins the children; procsim ended it",
                figures,
                "end main with sys.exit(), or join it before",
                sentence="left_behind.main_left",
            )
        else:
            yield Finding(
                "left_behind",
                "{process}⟨ (PID {pid})⟩, started by {parent}⟨ at {started_at}⟩, still ran when main had ended; "
                "procsim ended it",
                figures,
                "join it in {parent}, and do not end {parent} before it",
            )


def interrupted(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """People ended the run early. The figure `standing` has the waits of that moment."""
    if outcome.interrupted and not run.found:  # else the finding shows why they did
        figures = {"signal": signal_name(outcome.interrupted), "standing": _all_standing(run)}
        if outcome.interrupted == signal.SIGINT:  # by Ctrl-C, or by q in the live view
            yield Finding("interrupted", "it was ended early", figures)
        else:
            yield Finding("interrupted", "it was ended early, by {signal}", figures, sentence="interrupted.signal")


def time_limit(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """The run had to be ended at its time limit. The figure `standing` has the waits of that moment."""
    if outcome.timed_out is None:
        return
    figures = {"seconds": outcome.timed_out, "standing": _all_standing(run)}
    yield Finding("time_limit", "it had not ended after {seconds:g} s, and was ended", figures)


def _all_standing(run: RunState) -> list[dict[str, Any]]:
    return [standing(run, process.waiting) for process in run.processes.values() if process.waiting]
