"""The words for orders of steps: what a thread does in a step, the pair that decides, what was wrong.

Step, Operation, Pair, Fault, Uncontrolled (`explore/schedule.py`) ──► sentences ──► views
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from procsim.explore.deciding import Pair
from procsim.explore.outcomes import Outcome
from procsim.explore.schedule import (
    CLAIM,
    ENDLESS,
    EXIT_CODE,
    FINDING,
    FORBIDDEN,
    HANG,
    UNCAUGHT,
    Execution,
    Fault,
    Operation,
    Step,
    Uncontrolled,
)
from procsim.findings.base import signal_name
from procsim.language import N_, _
from procsim.state.operations import BY_DONE
from procsim.views.base import clean
from procsim.views.text.words import localized, waiting_words

_READS, _WRITES = N_("{thread} reads {object}"), N_("{thread} writes to {object}")

STEP_WORDS: Mapping[str, str] = {
    "process_started": N_("{thread} starts {object}"),
    "process_joined": N_("{thread} finds that {object} has ended"),
    "process_polled": N_("{thread} asks whether {object} has ended"),
    "process_ended": N_("{thread} ends"),
    "process_terminated": N_("{thread} terminates {object}"),
    "process_killed": N_("{thread} kills {object}"),
    "thread_started": N_("{thread} starts {object}"),
    "thread_joined": N_("{thread} finds that {object} has ended"),
    "thread_ended": N_("{thread} ends"),
    "thread_polled": N_("{thread} asks whether {object} has ended"),
    "sleep_ended": N_("{thread} sleeps"),
    "lock_acquired": N_("{thread} acquires {object}"),
    "lock_released": N_("{thread} releases {object}"),
    "lock_asked": N_("{thread} asks how often {object} can be acquired"),
    "condition_awoke": N_("{thread} waits for a notice on {object}"),
    "condition_notified": N_("{thread} notifies {object}"),
    "event_set": N_("{thread} sets {object}"),
    "event_cleared": N_("{thread} clears {object}"),
    "event_awaited": N_("{thread} has waited for {object}"),
    "event_seen": N_("{thread} asks whether {object} is set"),
    "barrier_waiting": N_("{thread} comes to the barrier {object}"),
    "barrier_passed": N_("{thread} passes the barrier {object}"),
    "barrier_asked": N_("{thread} asks who waits at {object}, or whether it is broken"),
    "barrier_changed": N_("{thread} breaks or resets {object}"),
    "queue_put": N_("{thread} puts an item into {object}"),
    "queue_got": N_("{thread} takes an item from {object}"),
    "queue_asked": N_("{thread} asks how many items are in {object}"),
    "queue_flushed": N_("{thread} has sent all that it put into {object}"),
    "queue_task_done": N_("{thread} reports a task of {object} done"),
    "queue_joined": N_("{thread} finds that all tasks of {object} are done"),
    "pool_submitted": N_("{thread} submits to {object}"),
    "pool_task_began": N_("{thread} takes a task of {object}"),
    "pool_task_ended": N_("{thread} gives back a result to {object}"),
    "pool_result_got": N_("{thread} gets a result of {object}"),
    "pool_result_asked": N_("{thread} asks whether a result of {object} is there"),
    "pool_closed": N_("{thread} closes {object}"),
    "pool_terminated": N_("{thread} terminates {object}"),
    "pool_joined": N_("{thread} finds that all tasks of {object} are done"),
    "pipe_sent": N_("{thread} sends through {object}"),
    "pipe_received": N_("{thread} receives from {object}"),
    "pipe_ended": N_("{thread} finds that nothing more comes from {object}"),
    "pipe_closed": N_("{thread} closes {object}"),
    "connections_awaited": N_("{thread} has waited for any of {object}"),
    "pipe_polled": N_("{thread} asks whether something can be received from {object}"),
    "manager_answered": N_("{thread} calls {object}"),
    "manager_ended": N_("{thread} ends {object}"),
    "file_opened": N_("{thread} opens {object}"),
    "file_read": _READS,
    "file_written": _WRITES,
    "path_changed": N_("{thread} makes, renames or removes {object}"),
    "value_read": _READS,
    "value_written": _WRITES,
    "value_set": _WRITES,
    "value_changed": _WRITES,
}
"""What is written of a step, by the kind of its operation."""

UNCONTROLLED_WORDS: Mapping[str, str] = {
    "socket": N_("a socket"),
    "database": N_("a database"),
    "file_lock": N_("a lock of the system on a file (fcntl)"),
    "file": N_("a file that is written to past Python"),
    "pipe": N_("a pipe of the system"),
    "descriptor": N_("a descriptor of the system"),
    "memory": N_("raw memory, such as a RawValue"),
    "raw_value": N_("raw memory, such as a RawValue"),
    "signal": N_("a signal"),
    "copy": N_("a process in which the tracer could not follow queues and locks"),
    "time": N_("the time"),
    "randomness": N_("random numbers"),
    "unseen": N_("what somebody does whom the gate does not see"),
    "thread": N_("a thread that does what the gate does not see"),
}
"""What the gate does not control."""


def placed(words: str, at: str) -> str:
    """The words with a line of the program behind them, if it is known."""
    return _("{words} ({place})").format(words=words, place=clean(at)) if at else words


def step_words(thread: str, operation: Operation) -> str:
    """Such as "user-2 reads tickets.txt"."""
    words, known = STEP_WORDS.get(operation.kind), BY_DONE.get(operation.kind)
    if words is not None:
        return _(words).format(thread=clean(thread), object=clean(operation.object))
    doing = _(known.next).format(object=operation.object, subject="") if known is not None else operation.kind
    return _("{thread}: {words}").format(thread=clean(thread), words=clean(doing))


def numbered_step(step: Step) -> str:
    """Such as "user-2 reads tickets.txt: 1 (tickets.py:29)": with what was read or written, and the line."""
    words = step_words(step.thread, step.operation)
    if step.gave_up:
        words = _("{words}, in vain").format(words=words)
    elif step.value:
        words = _("{words}: {value}").format(words=words, value=clean(step.value.strip()))
    return placed(words, step.operation.at)


def does_words(step: Step) -> str:
    """The same without who and where: "reads tickets.txt: 1"."""
    return numbered_step(step._replace(thread="", operation=step.operation._replace(at=""))).lstrip(": ")


def waits_words(operation: Operation) -> str:
    """What a thread waits for that can never go on: "waits for B"."""
    known = BY_DONE.get(operation.kind)
    kind = known.waiting.kind if known is not None and known.waiting is not None else ""
    return clean(waiting_words(kind, operation.object, operation.object))


class Told(NamedTuple):
    """A step as it is told: once, also where its thread does the same again and again."""

    number: int
    """That of the first one, from 1."""
    step: Step
    times: int = 1

    @property
    def words(self) -> str:
        """Such as "user-2 puts an item into q (work.py:5), 3 times"."""
        return self._with_times(numbered_step(self.step))

    @property
    def done(self) -> str:
        """The same without who and where."""
        return self._with_times(does_words(self.step))

    def _with_times(self, words: str) -> str:
        return _("{words}, {count} times").format(words=words, count=self.times) if self.times > 1 else words


TIMES_TOLD = 3
"""What is done so often in a row, or more often, is told once."""


def told(steps: Sequence[Step], apart: Callable[[int], bool] = lambda number: False) -> Iterator[Told]:
    """The steps as they are told; those whose numbers are to stand `apart` each by itself."""
    numbered = enumerate(steps, 1)
    for _key, group in groupby(numbered, lambda each: (*each[1][:2], each[1].gave_up, apart(each[0]) and each[0])):
        same = list(group)
        if len(same) < TIMES_TOLD:
            yield from (Told(number, step) for number, step in same)
        else:
            number, step = same[0]
            yield Told(number, step._replace(value=""), len(same))


def blocked_words(thread: str, operation: Operation) -> str:
    """The same with who and where: "a waits for B (ab.py:12)"."""
    words = _("{thread} {words}").format(thread=clean(thread), words=waits_words(operation))
    return placed(words, operation.at)


def pair_words(pair: Pair) -> str:
    """Such as "user-2 reads tickets.txt (tickets.py:29) before user-1 writes to it (tickets.py:34)"."""
    return _("{earlier} before {later}").format(
        earlier=placed(step_words(pair.earlier.thread, pair.earlier.operation), pair.earlier.operation.at),
        later=placed(step_words(pair.thread, pair.later), pair.later.at),
    )


def deciding_words(outcome: Outcome) -> Iterator[str]:
    """A sentence about the pair whose order decides; none, if it was not looked for.

    Where each of several pairs decides alone, one of them is named: the first in the order of the steps.
    """
    if not outcome.pairs:
        if outcome.explained:
            yield _("no one or two pairs of steps decide")
        return
    pairs = [pair_words(pair) for pair in outcome.pairs[0]]
    if len(pairs) == 1:
        yield _("what decides: {pair}; with these two the other way round, it is right").format(pair=pairs[0])
    else:
        words = _("what decides: {pair}, and {other}; with both the other way round, it is right")
        yield words.format(pair=pairs[0], other=pairs[1])


def faults_words(outcome: Outcome) -> list[str]:
    """What is wrong in its simplest way, what says most first; never empty for what is wrong."""
    return list(dict.fromkeys(fault_words(fault, outcome.simplest) for fault in faults_in_order(outcome)))


def faults_in_order(outcome: Outcome) -> list[Fault]:
    """What is wrong in its simplest way, what says most first."""
    return sorted(outcome.faults, key=lambda fault: (fault.what != CLAIM, fault.what == FINDING))


BRIEF: Mapping[str, str] = {
    "lock_cycle": N_("there is a deadlock"),
    "holder_waits": N_("there is a deadlock"),
    "lock_twice": N_("a process waits for itself"),
    "lost_update": N_("an update is lost"),
    "items_lost": N_("an item is never taken"),
    "item_dropped": N_("an item is lost"),
}
"""What happens, in a few words, by the id of its finding."""


def brief_words(outcome: Outcome) -> str:
    """What happens in executions of a wrong kind, in a few words: "there is a deadlock"."""
    fault = faults_in_order(outcome)[0]
    finding = str(fault.figures.get("finding")) if fault.what == HANG else fault.id.partition(".")[0]
    if fault.brief:
        return localized(fault.brief, {})
    if finding in BRIEF and fault.what in (HANG, FINDING):
        return _(BRIEF[finding])
    if fault.what == HANG:
        return _("it hangs")
    if fault.what == UNCAUGHT:
        return _("{error} is raised").format(error=clean(fault.id))
    if fault.what == ENDLESS:
        return _("it does not end")
    if fault.what == FINDING:
        return _("something goes wrong")
    return fault_words(fault, outcome.simplest)


def cures_words(outcome: Outcome) -> list[str]:
    """What would cure what is wrong in its simplest way, as far as that is known."""
    return list(dict.fromkeys(localized(fault.cure, fault.figures) for fault in outcome.faults if fault.cure))


def fault_words(fault: Fault, execution: Execution) -> str:
    """What was wrong, in a sentence."""
    figures = fault.figures
    if fault.what == FINDING:
        return localized(fault.text, figures)
    if fault.what == CLAIM:
        return localized(fault.text, figures) if fault.text else clean(fault.id)
    if fault.what == UNCAUGHT:
        error = ": ".join(filter(None, (fault.id, str(figures.get("text", "")))))
        return placed(_("{thread} raised {error}").format(thread=clean(fault.thread), error=clean(error)), fault.at)
    if fault.what == EXIT_CODE:
        code = figures.get("code", execution.exit_code)
        if isinstance(code, int) and code < 0:
            return _("the program was ended by {signal}").format(signal=signal_name(-code))
        return _("the program ended with exit code {code}").format(code=clean(code))
    if fault.what == HANG:
        why = localized(fault.text, figures)
        return _("it hangs: {why}").format(why=why) if why else _("it hangs: nobody can go on")
    if fault.what == ENDLESS and (processes := figures.get("processes")):
        return _("it was ended: it had more than {count} processes").format(count=clean(processes))
    if fault.what == ENDLESS:
        return _("it did not end within {count} steps").format(count=len(execution.steps))
    if fault.what == FORBIDDEN:
        return forbidden_words(fault)
    return clean(fault.text or fault.id or fault.what)


FORBIDDEN_WORDS: Mapping[str, str] = {
    "opens for writing": N_("{thread} was about to open {name} for writing"),
    "connects to": N_("{thread} was about to connect to {name}"),
    "runs": N_("{thread} was about to run {name}"),
    "sends a signal to": N_("{thread} was about to send a signal to {name}"),
    "changes the priority of": N_("{thread} was about to change the priority of {name}"),
    "changes the scheduling of": N_("{thread} was about to change the scheduling of {name}"),
    "changes the limits of": N_("{thread} was about to change the limits of {name}"),
    "asks for the address of": N_("{thread} was about to ask for the address of {name}"),
    "removes": N_("{thread} was about to remove {name}"),
}
"""What was not allowed."""


def forbidden_words(fault: Fault) -> str:
    """What a thread was about to do that is not allowed."""
    words = FORBIDDEN_WORDS.get(fault.id, N_("{thread} was about to change {name}"))
    name = fault.figures.get("name", "")
    return placed(_(words).format(thread=clean(fault.thread), name=clean(name)), fault.at)


def uncontrolled_words(each: Uncontrolled) -> str:
    """What was not controlled, and where."""
    words = _(UNCONTROLLED_WORDS[each.what]) if each.what in UNCONTROLLED_WORDS else clean(each.what)
    if each.object:
        words = _("{words}: {object}").format(words=words, object=clean(each.object))
    return placed(words, each.at)
