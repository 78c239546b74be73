"""The words for what happens: a sentence for each event that matters to people, and for what each process does now.

    OPERATIONS (`state/operations.py`), EVENT_WORDS ──► event_words, state_words, counted_states ──► views

Each sentence is in the chosen language, and harmless for a terminal.
"""

import re
import signal
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from procsim.findings.base import error_words, sentence_of, signal_name
from procsim.language import N_, _, listed
from procsim.sentences import sentence
from procsim.state.accesses import place_words
from procsim.state.operations import BY_DONE, NARRATED, WAITS
from procsim.state.processes import SLEEP, Process, Standing, Wait, failed
from procsim.state.run_state import RunState
from procsim.views.base import clean, seconds
from procsim.views.text.predictions import predicted_words, question_words
from procsim.wire.events import Event
from procsim.wire.identities import MAIN_THREAD

EVENT_WORDS: Mapping[str, str] = {
    **NARRATED,
    "process_ended": N_("ended"),
    "process_untraced": N_("PID {pid} is not traced: {reason}"),
    "noted": N_("{name} is {value}"),
    "raised": N_("raised {error}"),
    "thread_raised": N_("raised {error}"),
    "process_stuck": N_("will never go on"),
}
"""The events that matter to people, by kind: of operations, and others. The rest is left to the json view."""

VALUES = ("value_read", "value_written", "value_set")
"""Events that may be about a part of their object."""

UNTRACED_WORDS: Mapping[str, str] = {
    "-I": N_("it was started with -I"),
    "-E": N_("it was started with -E"),
    "-S": N_("it was started with -S"),
    "environment": N_("it was started with another environment"),
    "old": N_("its Python is older than 3.11"),
    "embedded": N_("its Python is part of another program"),
}
"""Why the tracer is not in a Python process."""

STYLES: Mapping[str, str] = {
    "next": "",
    "asleep": "faint",
    "blocked": "faint",
    "waiting": "waiting",
    "acquired": "holding",
    "held": "holding",
    "refused": "waiting",
    "missed": "waiting",
    "raised": "alarm.text",
    "said": "strong",
    "noted": "strong",
    "failed": "alarm.text",
    "ended": "faint",
    "good": "strong",
    "bad": "alarm.text",
    "cure": "strong",
    "mark": "strong",
    "faint": "faint",
    "headline": "badge",
    "full": "waiting",
    "alarm": "alarm",
}
"""What it means (`palette.py`), by the last word of an event's kind or by a state; a view may show it or not."""


def counted(count: int, one: str, many: str) -> str:
    """`one` where the count is 1, else `many`, which has a place for the {count}."""
    return _(one) if count == 1 else _(many).format(count=count)


def processes_words(count: int) -> str:
    """Such as "3 processes"."""
    return counted(count, N_("1 process"), N_("{count} processes"))


def events_words(count: int) -> str:
    """Such as "3 events"."""
    return counted(count, N_("1 event"), N_("{count} events"))


def detached_words(run: RunState) -> Iterator[str]:
    """A sentence for each process that goes on after the run."""
    for process in run.processes.values():
        if process.detached:
            words = _("{process} (PID {pid}) goes on, in a session of its own: procsim no longer watches it")
            yield clean(words.format(process=process.name, pid=process.pid))


def untraced_words(run: RunState) -> Iterator[str]:
    """For each reason why processes were not traced a sentence, with the first of them and how many more there are."""
    pids: dict[str, list[int]] = {}
    for process in run.processes.values():
        if process.untraced:
            pids.setdefault(process.untraced, []).append(process.pid)
    for reason, (first, *more) in pids.items():
        words = _(EVENT_WORDS["process_untraced"]).format(pid=first, reason=_shown("reason", reason))
        yield clean(f"{words} {_('… and {count} more').format(count=len(more))}" if more else words)


def forgotten_words(run: RunState) -> Iterator[str]:
    """A sentence where too much was read and written for all of it to be known."""
    count = run.forgotten_cells + sum(cells.forgot for cells in run.cells.values())
    if count:
        words = N_(
            "there was too much to keep every read and write (files, values: {count}): updates may be lost unseen"
        )
        yield _(words).format(count=count)


def localized(template: str, figures: Mapping[str, Any]) -> str:
    """The sentence of a claim or a finding, in the chosen language."""
    return clean(sentence_of(_(template), figures, _))


def event_words(event: Event, run: RunState) -> str | None:
    """What happened, in a sentence; None where the event is left to the json view."""
    if event.kind == "finding":
        return localized(event.fields["template"], event.fields["figures"])
    if event.kind == "said":
        return narration(event)
    if event.kind == "printed":
        return clean(event.fields["text"])
    if event.kind == "prediction_asked":
        return question_words(event)
    if event.kind == "prediction_made":
        return predicted_words(event, run)
    template = EVENT_WORDS.get(event.kind)
    if template is None:
        return None
    if event.kind == "process_ended":
        words = exit_words(event.fields["exit_code"])
        return (
            _("{ended}: procsim ends the program").format(ended=words) if by_procsim(run, event.pid, event.t) else words
        )
    if event.fields.get("target"):
        template = N_("has started {child_name} (PID {child}), which runs {target}")
    fields = {name: _shown(name, value) for name, value in event.fields.items()}
    if event.kind in ("raised", "thread_raised", "pool_task_raised"):
        fields["error"] = error_words(event.fields)
    if event.fields.get("child_name") == "":  # killed by its PID, by a process that did not start it
        fields["child_name"] = run.process_name(event.fields["child"])
    fields["object"] = run.name(event.object) + (place_words(event) if event.kind in VALUES else "")
    fields["pid"], fields["subject"] = event.pid, fields.get("child_name")
    return clean(_(template).format_map(fields))


def by_procsim(run: RunState, pid: int, t: int | None) -> bool:
    """Whether procsim has ended this process, which ended at `t` ns, since the program hung."""
    process = run.processes.get(pid)
    if run.hung is None or t is None or t <= run.hung or process is None or process.terminated_by:
        return False
    return process.exit_code in (-signal.SIGTERM, -signal.SIGKILL)


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
    """The sentence that a scenario said."""
    return clean(sentence(_(str(event.fields["text"])), event.fields["fields"]))


def event_style(event: Event) -> str:
    """What an event means, as a style."""
    if event.kind == "process_ended":
        return STYLES["failed" if failed(event.fields["exit_code"]) else "ended"]
    if event.kind == "printed" and event.fields["stream"] == "stderr":
        return ""
    return STYLES.get("waiting" if event.kind.endswith("_waiting") else event.kind.rpartition("_")[2], "")


def waiting_words(kind: str, name: str, subject: Any) -> str:
    """What a thread waits for: the name of an object, or a subject such as the name of a process."""
    if kind == "process_polled":
        return _("asks again and again whether others still live")
    if kind in _LOOKS:
        return _(_LOOKS[kind]).format(object=name)
    template = WAITS[kind].words if kind in WAITS else N_("waits for {object}")
    return _(template).format(object=name, subject=subject)


_LOOKS = {
    "value_read": N_("reads {object} again and again"),
    "queue_asked": N_("looks again and again whether {object} is empty"),
    "path_awaited": N_("looks again and again whether {object} is there"),
    "queue_counted": N_("looks again and again how many items are in {object}"),
}
"""What threads look at that wait without a call of their own for it."""


def _wait_words(run: RunState, wait: Wait) -> str:
    """What a thread waits for."""
    queue = run.queues.get(wait.object or 0)
    if wait.kind == "queue_get_waiting" and queue is not None and queue.inside:  # it waits for the lock for reading
        return clean(_("waits for an item of {object}").format(object=queue.name))
    text = waiting_words(wait.kind, run.name(wait.object), wait.child_name)
    if wait.kind == "queue_join_waiting" and queue is not None:
        text += _(": {count} left").format(count=queue.unfinished)
    return clean(text)


_FURTHER: Mapping[str, str] = {
    "file_opened": N_("open {subject}"),
    "path_changed": N_("make, rename or remove {subject}"),
    "path_seen": N_("look at {subject}"),
    "queue_asked": N_("ask {object} for its size"),
    "event_seen": N_("look whether {object} is set"),
    "pipe_polled": N_("look for a message on {object}"),
    "connections_awaited": N_("wait for any of several connections"),
    "condition_left": N_("acquire {object} again"),
}
"""What a thread is about to do that stands at the gate where there are further steps (`wire/gate_words.py`)."""


def _standing_words(run: RunState, standing: Standing) -> str:
    """What a thread at the gate would do next, or why it cannot."""
    subject = standing.subject
    if isinstance(subject, float):
        subject = f"{subject:.2g}"
    name, operation = run.name(standing.object), BY_DONE.get(standing.operation)
    if _may_go_on(run, standing):
        known = (operation.next if operation else "") or _FURTHER.get(standing.operation, "")
        words = _(known).format(object=name, subject=subject) if known else standing.operation  # which is no message
        return clean(_("next: {operation}").format(operation=words))
    words = waiting_words(operation.waiting.kind if operation and operation.waiting else "", name, subject)
    lock = run.locks.get(standing.object or 0)
    if lock is not None and lock.holders:
        holders = listed(run.process_name(pid) for pid in lock.holders)
        words = _("{words}, held by {holders}").format(words=words, holders=holders)
    return clean(words)


def _may_go_on(run: RunState, standing: Standing) -> bool:
    """Whether a thread at the gate can go on, as far as it is to be shown: people may be predicting that now."""
    return standing.ready is not False or run.is_asked_about(standing)


def state_words(
    run: RunState, process: Process, holding: Mapping[int, list[str]], otherwise: str = ""
) -> tuple[str, str]:
    """What a process does now, and what that means, as a style. `otherwise`: the words where all that is known is that
    it is there.
    """
    held = holding.get(process.pid)
    waits = _wait_words(run, process.waiting) if process.waiting is not None else ""
    if held and waits:
        waits = _("holds {locks}, {words}").format(locks=clean(listed(held)), words=waits)
    if process.waiting is not None and process.waiting.stuck is not None:  # also where procsim has ended it since
        return _("STUCK: {words}").format(words=waits), STYLES["bad"]
    if not process.alive and held:
        words = _("{ended}, holding {locks}").format(ended=exit_words(process.exit_code), locks=clean(listed(held)))
        return words, STYLES["bad"]
    if not process.alive:
        return exit_words(process.exit_code), STYLES["failed" if failed(process.exit_code) else "ended"]
    standing = process.standing.get(MAIN_THREAD) or next(iter(process.standing.values()), None)
    if standing is not None:
        return _standing_words(run, standing), STYLES["next" if _may_go_on(run, standing) else "blocked"]
    asleep = process.waiting is not None and process.waiting.kind == SLEEP
    if process.waiting is not None and not asleep:
        return waits, STYLES["waiting"]
    if held:
        words = _("holds {locks}, asleep") if asleep else _("holds {locks}")
        return clean(words.format(locks=listed(held))), STYLES["held"]
    if process.waiting is not None:
        return _("asleep"), STYLES["asleep"]
    if process.returned is not None:
        return _("finished"), STYLES["ended"]
    if process.task is not None:
        words = _("works on {function} (task {number})")
        return clean(words.format(function=process.task.function, number=process.task.number)), ""
    if process.pool is not None:
        return _("idle"), STYLES["ended"]
    if process.untraced:
        return _("not traced"), STYLES["ended"]
    if process.began is None:
        return _("starting"), STYLES["ended"]
    if process.target:
        return clean(_("runs {target}").format(target=process.target)), ""
    return clean(otherwise) or _("running"), ""


def counted_states(
    run: RunState, processes: Iterable[Process], holding: Mapping[int, list[str]]
) -> list[tuple[str, str]]:
    """How many of the processes do the same, and its style, the most common first; all sleepers count as one kind."""
    states = Counter(
        (_("asleep"), STYLES["asleep"]) if _only_sleeps(process, holding) else state_words(run, process, holding)
        for process in processes
    )
    return [
        (_("{words} ({count})").format(count=count, words=words), style)
        for (words, style), count in states.most_common()
    ]


def _only_sleeps(process: Process, holding: Mapping[int, list[str]]) -> bool:
    wait = process.waiting
    sleeps = wait is not None and wait.kind == SLEEP
    return sleeps and process.alive and not process.standing and process.pid not in holding


def holdings(run: RunState) -> dict[int, list[str]]:
    """The names of the locks that each process holds."""
    held: dict[int, list[str]] = {}
    for lock in run.locks.values():
        for pid in lock.holders:
            held.setdefault(pid, []).append(lock.name)
    return held
