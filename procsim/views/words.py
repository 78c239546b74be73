"""The words for what happens: a sentence for each kind of event, and for each state of a process."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from procsim.findings.base import error_words, sentence_of, signal_name
from procsim.language import N_, _, listed
from procsim.sentences import sentence
from procsim.state.run_state import Process, RunState, Standing, Wait
from procsim.views.base import clean, seconds
from procsim.wire.events import Event

EVENT_WORDS: Mapping[str, str] = {
    "process_started": N_("started {child_name} (PID {child})"),
    "process_ended": N_("ended"),
    "process_join_waiting": N_("waiting for {child_name} to end"),
    "process_terminated": N_("terminated {child_name}"),
    "process_killed": N_("killed {child_name}"),
    "process_untraced": N_("PID {pid} is not traced: {reason}"),
    "lock_waiting": N_("waiting for {object}"),
    "lock_acquired": N_("acquired {object}"),
    "lock_refused": N_("did not get {object}"),
    "lock_released": N_("released {object}"),
    "queue_put_waiting": N_("waiting: {object} is full"),
    "queue_put": N_("put {value} into {object}"),
    "queue_full": N_("{object} was full, after {took}"),
    "queue_get_waiting": N_("waiting: {object} is empty"),
    "queue_got": N_("took {value} from {object}"),
    "queue_empty": N_("{object} was empty, after {took}"),
    "queue_task_done": N_("reported a task of {object} done"),
    "queue_join_waiting": N_("waiting for the tasks of {object}"),
    "queue_joined": N_("all tasks of {object} are done"),
    "condition_waiting": N_("waiting for a notice on {object}"),
    "condition_awoke": N_("woke up on {object}"),
    "condition_notified": N_("notified {object}"),
    "event_set": N_("set {object}"),
    "event_cleared": N_("cleared {object}"),
    "event_waiting": N_("waiting for {object} to be set"),
    "event_awaited": N_("{object} is set: {is_set}"),
    "barrier_waiting": N_("waiting at {object}"),
    "barrier_passed": N_("passed {object}"),
    "barrier_broken": N_("{object} is broken"),
    "pipe_sent": N_("sent {value} through {object}"),
    "pipe_receive_waiting": N_("waiting for a message on {object}"),
    "pipe_received": N_("received {value} from {object}"),
    "pipe_ended": N_("nobody is left to send to {object}"),
    "pool_submitted": N_("submitted {function} to {object}"),
    "pool_task_began": N_("took a task of {object}: {function}"),
    "pool_task_ended": N_("answered a task of {object}: {function}"),
    "pool_result_waiting": N_("waiting for a result of {object}"),
    "pool_result_got": N_("got a result of {object}"),
    "pool_result_missed": N_("got no result of {object}, after {took}"),
    "pool_join_waiting": N_("waiting for the workers of {object} to end"),
    "manager_answered": N_("the manager answered {type}.{method} after {took}"),
    "file_read": N_("read {value} from {path}"),
    "file_written": N_("wrote {value} to {path}"),
    "noted": N_("{name} is {value}"),
    "raised": N_("raised {error}"),
    "thread_raised": N_("raised {error}"),
    "process_stuck": N_("will never go on"),
}
"""The events that matter to people; others are left to the json view."""

UNTRACED_WORDS: Mapping[str, str] = {
    "-I": N_("it was started with -I"),
    "-E": N_("it was started with -E"),
    "-S": N_("it was started with -S"),
    "environment": N_("it was started with another environment"),
}
"""What keeps the tracer out of a Python process."""

WAIT_WORDS: Mapping[str, str] = {
    "process_join_waiting": N_("waiting for {child} to end"),
    "lock_waiting": N_("waiting for {object}"),
    "queue_put_waiting": N_("waiting: {object} is full"),
    "queue_get_waiting": N_("waiting: {object} is empty"),
    "queue_join_waiting": N_("waiting for the tasks of {object}"),
    "queue_flush_waiting": N_("waiting until {object} is read"),
    "condition_waiting": N_("waiting for a notice on {object}"),
    "event_waiting": N_("waiting for {object} to be set"),
    "barrier_waiting": N_("waiting at {object}"),
    "pipe_receive_waiting": N_("waiting for a message on {object}"),
    "pipe_send_waiting": N_("waiting: the pipe of {object} is full"),
    "pool_result_waiting": N_("waiting for a result of {object}"),
    "pool_join_waiting": N_("waiting for the workers of {object} to end"),
    "manager_called": N_("waiting for the manager"),
    "sleep_began": N_("asleep"),
    "system_read_waiting": N_("waiting to read from a pipe"),
    "system_write_waiting": N_("waiting to write to a pipe"),
    "system_poll_waiting": N_("waiting for one of several pipes"),
    "system_child_waiting": N_("waiting for a child process to end"),
    "system_inner_waiting": N_("waiting for a thread of its own"),
    "system_shared_waiting": N_("waiting for a semaphore"),
    "system_task_waiting": N_("waiting for a task of {object}"),
}

OPERATION_WORDS: Mapping[str, str] = {
    "process_started": N_("start {subject}"),
    "process_joined": N_("wait for {subject} to end"),
    "lock_acquired": N_("acquire {object}"),
    "lock_released": N_("release {object}"),
    "queue_put": N_("put {subject} into {object}"),
    "queue_got": N_("take from {object}"),
    "queue_task_done": N_("report a task of {object} done"),
    "queue_joined": N_("wait for the tasks of {object}"),
    "condition_awoke": N_("wait for a notice on {object}"),
    "condition_notified": N_("notify {object}"),
    "event_set": N_("set the event {object}"),
    "event_cleared": N_("clear {object}"),
    "event_awaited": N_("wait for {object} to be set"),
    "barrier_passed": N_("wait at {object}"),
    "pipe_sent": N_("send through {object}"),
    "pipe_received": N_("receive from {object}"),
    "manager_answered": N_("call {subject}"),
    "file_read": N_("read {subject}"),
    "file_written": N_("write to {subject}"),
    "sleep_ended": N_("sleep {subject} s"),
}
"""What stands at the gate before an operation, by the event that will tell of it."""

BLOCKED_WORDS: Mapping[str, str] = {
    "process_joined": N_("waiting for {subject} to end"),
    "lock_acquired": N_("waiting for {object}"),
    "queue_put": N_("waiting: {object} is full"),
    "queue_got": N_("waiting: {object} is empty"),
    "queue_joined": N_("waiting for the tasks of {object}"),
    "event_awaited": N_("waiting for {object} to be set"),
    "pipe_received": N_("waiting for a message on {object}"),
}
"""Why an operation cannot be done now."""

STYLES: Mapping[str, str] = {
    "next": "bold cyan",
    "asleep": "blue",
    "blocked": "dim",
    "waiting": "yellow",
    "acquired": "green",
    "held": "green",
    "refused": "red",
    "missed": "red",
    "raised": "bold red",
    "said": "bold",
    "noted": "magenta",
    "failed": "red",
    "ended": "dim",
    "good": "green",
    "bad": "bold red",
    "cure": "cyan",
}
"""Colours, by what is told; a view may show them or not."""


def counted(count: int, one: str, many: str) -> str:
    """What is said of so many: `one` where there is one, else `many`, which has a place for the `count`."""
    return _(one) if count == 1 else _(many).format(count=count)


def processes_words(count: int) -> str:
    """So many processes."""
    return counted(count, N_("1 process"), N_("{count} processes"))


def events_words(count: int) -> str:
    """So many events."""
    return counted(count, N_("1 event"), N_("{count} events"))


def told(template: str, figures: Mapping[str, Any]) -> str:
    """What a claim or a finding says, in the chosen language."""
    return clean(sentence_of(_(template), figures, _))


def event_words(event: Event, run: RunState) -> str | None:
    """What happened, in a sentence; None where it is nothing for people."""
    if event.kind == "finding":
        return told(event.fields["template"], event.fields["figures"])
    if event.kind == "said":
        return narration(event)
    if event.kind == "printed":
        return clean(event.fields["text"])
    template = EVENT_WORDS.get(event.kind)
    if template is None:
        return None
    if event.kind == "process_ended":
        return exit_words(event.fields["exit_code"])
    fields = {name: _shown(name, value) for name, value in event.fields.items()}
    if event.kind in ("raised", "thread_raised"):
        fields["error"] = error_words(event.fields)
    if event.fields.get("child_name") == "":  # killed by its PID, by one who did not start it
        fields["child_name"] = run.process_name(event.fields["child"])
    fields["object"], fields["pid"] = run.name(event.object), event.pid
    return clean(_(template).format_map(fields))


def exit_words(code: int | None) -> str:
    """How a process ended."""
    if code is None or code == 0:
        return _("ended")
    if code < 0:
        return _("ended by {signal}").format(signal=signal_name(-code))
    return _("ended, exit code {exit_code}").format(exit_code=code)


def _shown(name: str, value: Any) -> Any:
    if name == "took" and isinstance(value, int):
        return seconds(value)
    if name == "value" and isinstance(value, str):
        return _value_words(value)
    if name == "reason":
        return _(UNTRACED_WORDS.get(value, str(value)))
    if name == "path":
        return str(value).rsplit("/", 1)[-1]
    return value


_NO_TEXT = re.compile(r"<[\w.]+( of \d+( bits)?)?>|b'.*'|b\".*\"|\(.*\)|\[.*\]", re.DOTALL)
"""What `tracer.values.value_of` makes of a value that is no text: that is shown without quotes."""


def _value_words(value: str) -> str:
    if "\0" in value:
        return _("binary data")
    return value if _NO_TEXT.fullmatch(value) else repr(value.strip("\n "))


def narration(event: Event) -> str:
    """What a scenario said."""
    return clean(sentence(_(str(event.fields["text"])), event.fields["fields"]))


def event_style(event: Event) -> str:
    """The colour of an event."""
    if event.kind == "process_ended":
        return STYLES["failed" if event.fields["exit_code"] else "ended"]
    if event.kind == "printed" and event.fields["stream"] == "stderr":
        return STYLES["failed"]
    return STYLES.get("waiting" if event.kind.endswith("_waiting") else event.kind.rpartition("_")[2], "")


def wait_words(run: RunState, wait: Wait) -> str:
    """What a process waits for, and who keeps it waiting."""
    template = _(WAIT_WORDS.get(wait.kind, N_("waiting for {object}")))
    text = template.format(object=run.name(wait.object), child=wait.child_name)
    if wait.kind == "queue_join_waiting" and wait.object in run.queues:
        text += _(": {count} left").format(count=run.queues[wait.object].unfinished)
    return clean(text)


def standing_words(run: RunState, standing: Standing) -> str:
    """What a thread at the gate would do next, or why it cannot."""
    subject = standing.subject
    if isinstance(subject, float):
        subject = f"{subject:.2g}"
    facts = {"object": run.name(standing.object), "subject": subject}
    if standing.ready is not False:
        known = OPERATION_WORDS.get(standing.operation)
        words = _(known).format_map(facts) if known else standing.operation  # which is no template of ours
        return clean(_("next: {operation}").format(operation=words))
    words = _(BLOCKED_WORDS.get(standing.operation, N_("waiting for {object}"))).format_map(facts)
    lock = run.locks.get(standing.object or 0)
    if lock is not None and lock.holders:
        holders = listed(run.process_name(pid) for pid in lock.holders)
        words = _("{words}, held by {holders}").format(words=words, holders=holders)
    return clean(words)


def state_words(run: RunState, process: Process, holding: Mapping[int, list[str]]) -> tuple[str, str]:
    """What a process is doing, and the colour of that."""
    if process.waiting is not None and process.waiting.stuck is not None:  # also where procsim has ended it since
        return _("for ever {words}").format(words=wait_words(run, process.waiting)), STYLES["bad"]
    if not process.alive:
        return exit_words(process.exit_code), STYLES["failed" if process.exit_code else "ended"]
    standing = process.standing.get("MainThread") or next(iter(process.standing.values()), None)
    if standing is not None:
        return standing_words(run, standing), STYLES["blocked" if standing.ready is False else "next"]
    asleep = process.waiting is not None and process.waiting.kind == "sleep_began"
    if process.waiting is not None and not asleep:
        return wait_words(run, process.waiting), STYLES["waiting"]
    held = holding.get(process.pid)
    if held:
        words = _("holds {locks}, asleep") if asleep else _("holds {locks}")
        return clean(words.format(locks=listed(held))), STYLES["held"]
    if process.waiting is not None:
        return _("asleep for {seconds} s").format(seconds=f"{process.waiting.timeout or 0:.2g}"), STYLES["asleep"]
    if process.returned is not None:
        return _("finished"), STYLES["ended"]
    if process.task is not None:
        words = _("works on {function} (task {number})")
        return clean(words.format(function=process.task.function, number=process.task.number)), ""
    if process.pool is not None:
        return _("idle"), STYLES["ended"]
    if process.untraced:
        return _("not traced"), STYLES["ended"]
    return (_("starting"), STYLES["ended"]) if process.began is None else (_("running"), "")


def counted_states(
    run: RunState, processes: Iterable[Process], holding: Mapping[int, list[str]]
) -> list[tuple[str, str]]:
    """How many of the processes do what, and its colour, the most common first; all sleepers are counted together."""
    states = Counter(
        (_("asleep"), STYLES["asleep"]) if _only_sleeps(process, holding) else state_words(run, process, holding)
        for process in processes
    )
    return [
        (_("{count} {words}").format(count=count, words=words), style) for (words, style), count in states.most_common()
    ]


def _only_sleeps(process: Process, holding: Mapping[int, list[str]]) -> bool:
    wait = process.waiting
    sleeps = wait is not None and wait.kind == "sleep_began"
    return sleeps and process.alive and not process.standing and process.pid not in holding


def holdings(run: RunState) -> dict[int, list[str]]:
    """The names of the locks that each process holds."""
    held: dict[int, list[str]] = {}
    for lock in run.locks.values():
        for pid in lock.holders:
            held.setdefault(pid, []).append(lock.name)
    return held
