"""How processes and the run ended: by an exception, a signal, the time limit, or people.

A part of a text in ⟨brackets⟩ is left out where a figure in it is not known, or where findings are told as one in which
it differs, such as the PIDs of several processes (`base.py`).
"""

import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from procsim.findings import beginner, pools
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
from procsim.findings.deaths import because, broke_executor
from procsim.findings.task_errors import not_answered, standing_in_tasks, task_that_raised
from procsim.language import N_
from procsim.state.objects import Lock
from procsim.state.processes import SLEEP, Process, Wait
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def raised(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process ended by an exception that it did not catch, and the program did not read its exit code.

    The tracer sees reads of exit codes only for children of multiprocessing, so a subprocess has no such finding.
    """
    for event in run.raised:
        process = run.processes[event.pid]
        seen = _is_seen(run, process) or (event.pid != run.main and event.pid not in run.started)
        pool = run.pools.get(process.pool or 0)
        never_ready = pool is not None and event.fields.get("during") == "initializing" and pools.fails_to_begin(pool)
        if event.fields["type"] == "SystemExit":  # in an initializer: no fault by itself
            continue
        if seen or process.terminated_by or beginner.explained(event) or _was_to_end(run, event) or never_ready:
            continue
        figures = {
            "process": event.process,
            "pid": event.pid,
            "at": event.at,
            "error": error_words(event.fields),
            **event.fields,
            **_starter(run, event.pid),
        }
        unlinked = run.memory_unlinked.get(f"/{event.fields.get('subject')}".replace("//", "/"))
        if event.fields.get("during") == "attaching":
            yield _gone_too_early(run, event, figures)
        elif event.fields.get("during") == "finding memory" and unlinked is not None:
            yield _memory_gone(unlinked, figures)
        elif event.fields.get("during") == "asking":
            yield Finding(
                "raised",
                "{process} ended⟨ at {at}⟩ by an exception: {error}; the manager of the object that it used was gone",
                figures,
                "have the manager stay until all have ended that use it: join() them within its `with` block",
                sentence="raised.asking",
            )
        elif not _parent_ended_well(run, process):
            yield _raised(run, event, figures, outcome)
        else:
            yield Finding(
                "raised",
                "{parent} ended as if nothing had happened, but {process} had ended⟨ at {at}⟩ by an exception: {error}",
                figures,
                "after join(), {parent} can look at its exitcode, which is not 0",
                sentence="raised.unnoticed",
            )


MEMORY = N_(
    "SIGKILL that no process of the program has sent comes from the system when memory runs out: start fewer workers, "
    "or give each less at once"
)


NESTED = N_(
    "the workers of a Pool are daemons, which may start no processes: use concurrent.futures.ProcessPoolExecutor, "
    "whose workers may, or start all processes in main"
)


def _raised(run: RunState, event: Event, figures: dict[str, Any], outcome: Outcome) -> Finding:
    if event.pid == run.main and event.fields.get("during") == "importing" and outcome.other_python:
        return Finding(
            "raised",
            "{process} ended⟨ at {at}⟩ by an exception: {error}",
            figures | {"command": outcome.other_python},
            # `subject`: the module that could not be imported.
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
    if event.fields.get("during") == "broken":
        workers = broke_executor(run, event.pid)
        if not workers:
            lost = not_answered(run, event, figures)
            return lost or Finding("raised", "{process} ended⟨ at {at}⟩ by an exception: {error}", figures)
        killed = (worker for worker in workers if worker.raised is None and not worker.ended_on_request)
        by_system = any(worker.exit_code == -signal.SIGKILL for worker in killed)
        return Finding(
            "raised",
            "{process} ended⟨ at {at}⟩ by {type}, since a worker of an executor had ended: {because}",
            figures | because(run, workers),
            sentence="raised.broken",
        )._replace(cure=MEMORY if by_system else "")
    if event.fields.get("during") == "answering" and (lost := not_answered(run, event, figures)) is not None:
        return lost
    figures |= standing_in_tasks(run, event.pid, event.fields["type"])
    of_task = task_that_raised(run, event)
    if of_task:
        return Finding(
            "raised",
            "{process} ended⟨ at {at}⟩ by an exception: {error}, which {function} raised in a task⟨ at {raised_at}⟩",
            figures | of_task,
            sentence="raised.in_task",
        )._replace(cure=NESTED if of_task["nested"] else "")
    if event.fields.get("during") == "receiving":
        return Finding(
            "raised",
            "{process} ended⟨ at {at}⟩ by an exception, when it unpickled what another process had sent: {error}",
            figures,
            "what is sent must be made again from what pickle kept of it; an exception is, by being called with its "
            "`args`: pass all that its __init__ takes to super().__init__(), or give it a __reduce__",
            sentence="raised.receiving",
        )
    return Finding("raised", "{process} ended⟨ at {at}⟩ by an exception: {error}", figures)


def _gone_too_early(run: RunState, event: Event, figures: dict[str, Any]) -> Finding:
    """A new process did not find a lock, a queue … that it was given: it goes with the last variable that its maker has
    for it, and with the maker itself.
    """
    missing = event.object or 0
    events = (signal for signal in run.signals.values() if missing in (signal.identity, *signal.inside))
    given = run.locks.get(missing) or run.queues.get(missing) or next(events, None)
    maker = run.processes.get(given.made_by if isinstance(given, Lock) else 0)
    if maker is not None:
        figures |= {"parent": maker.name, "parent_pid": maker.pid}
    maker = run.processes.get(figures.get("parent_pid", 0))
    figures |= {"object": given and given.name, "made": given and given.at}
    if maker is not None and maker.returned is not None and maker.returned <= event.t:
        return Finding(
            "gone_too_early",
            "{parent} was done before {process}⟨, started at {started_at},⟩ had begun, and what it had handed over was "
            "gone⟨: {object}, made at {made}⟩",
            figures,
            "in {parent}, keep what is handed over in a variable, and join() before that ends",
            sentence="gone_too_early.done",
        )
    return Finding(
        "gone_too_early",
        "{parent} had no variable left for what it had handed over, and so it was gone before {process}⟨, started at "
        "{started_at},⟩ had begun⟨: {object}, made at {made}⟩",
        figures,
        "in {parent}, keep what is handed over in a variable until those that were given it have been joined",
        sentence="gone_too_early.dropped",
    )


def _memory_gone(unlinked: Event, figures: dict[str, Any]) -> Finding:
    """A process did not find shared memory, which had been unlinked."""
    return Finding(
        "gone_too_early",
        "{process} ended⟨ at {at}⟩ by an exception, since it did not find the shared memory {subject}, which "
        "{unlinker} had unlinked⟨ at {unlinked_at}⟩: {error}",
        figures | {"unlinker": unlinked.process, "unlinker_pid": unlinked.pid, "unlinked_at": unlinked.at},
        "call unlink() once, when all that use it have ended: join() them before",
        sentence="gone_too_early.memory",
    )


def _was_to_end(run: RunState, event: Event) -> bool:
    """Whether a daemon raised when its parent's code was done, so that multiprocessing was about to end it.

    A daemon that only begins then may miss what is gone with its parent, such as a semaphore.
    """
    start = run.started.get(event.pid)
    parent = run.processes.get(start.pid) if start is not None and start.fields["daemon"] else None
    return parent is not None and parent.returned is not None and parent.returned <= event.t


def died(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process was killed from outside the program, and the program did not read its exit code."""
    # Named by what was found in the run before: as the holder of a lock that others wait for, the writer of a pipe …
    explained = named_as(run, HOLDER, WRITER, WORKER)
    for process in run.processes.values():
        if process.pid in explained:
            continue
        code = process.exit_code
        if code is None or not was_killed(run, process, outcome):
            continue
        if _is_seen(run, process) and not _parent_raised_then(run, process):
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


def exit_unseen(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A process ended itself with an exit code that is not 0, and its parent ended well without a look at it.

    Not where it may have said in another way how it went: it has put an item, sent a message, set an Event, or written
    to an object that others read.
    """
    if outcome.ended_early or run.found:
        return
    for process in run.processes.values():
        code = process.exit_code or 0
        by_itself = code > 0 and process.raised is None and not process.terminated_by and process.pool is None
        if (
            by_itself
            and _parent_ended_well(run, process)
            and not _is_seen(run, process)
            and not _has_said(run, process)
        ):
            yield Finding(
                "exit_unseen",
                "{parent} ended as if nothing had happened, but {process} had ended with exit code {exit_code}"
                "⟨, last seen at {at}⟩",
                {
                    "process": process.name,
                    "pid": process.pid,
                    "at": process.left.at if process.left is not None and process.left.at else process.at,
                    "exit_code": code,
                    **_starter(run, process.pid),
                },
                "after join(), {parent} can look at its exitcode, which is not 0",
            )


def _has_said(run: RunState, process: Process) -> bool:
    """Whether a process has told others something, as far as events show it."""
    pid = process.pid
    wrote = any(pid in cells.uses and cells.uses[pid].written for cells in run.cells.values() if cells.label)
    put = any(queue.put[pid] for queue in run.queues.values())
    set_one = any(signal.set_last is not None and signal.set_last.pid == pid for signal in run.signals.values())
    return wrote or put or set_one or process.has_sent


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


def _parent_raised_then(run: RunState, process: Process) -> bool:
    """Whether an exception ended the process that started this one, after this one: most likely because of that.

    A pool of another package's reads exit codes, and raises an exception that does not say who ended, and how. Where it
    is an executor's, its own finding has that.
    """
    start = run.started.get(process.pid)
    return any(
        start is not None
        and event.pid == start.pid
        and event.t >= (process.ended or 0)
        and event.fields.get("during") != "broken"
        for event in run.raised
    )


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
    """People ended the run early. The figure `standing` has the waits of that moment, `stacks` where threads stood."""
    if outcome.interrupted and not run.found:  # else the finding shows why they did
        figures = {"signal": signal_name(outcome.interrupted), "standing": _all_standing(run), **outcome.stacks}
        if outcome.interrupted == signal.SIGINT:  # by Ctrl-C, or by q in the live view
            yield Finding("interrupted", "it was ended early", figures)
        else:
            yield Finding("interrupted", "it was ended early, by {signal}", figures, sentence="interrupted.signal")


def time_limit(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """The run had to be ended at its time limit. The figures `standing` and `stacks`: see `interrupted`."""
    if outcome.timed_out is None:
        return
    figures = {"seconds": outcome.timed_out, "standing": _all_standing(run), **outcome.stacks}
    yield Finding("time_limit", "it had not ended after {seconds:g} s, and was ended", figures)


def _all_standing(run: RunState) -> list[dict[str, Any]]:
    return [standing(run, wait) for process in run.processes.values() if (wait := _waiting(process)) is not None]


def _waiting(process: Process) -> Wait | None:
    """What it waits for; where it sleeps between two looks at something, what it looks at."""
    wait = process.waiting
    poll = process.polls.get(wait.thread) if wait is not None and wait.kind == SLEEP else None
    if wait is None or poll is None or poll.pause != wait.at:
        return wait
    return replace(wait, kind=poll.kind, object=poll.object, at=poll.at, since=poll.since)
