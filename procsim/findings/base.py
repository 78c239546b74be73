"""What a finding is, what the functions that find them are given, and how their sentences are made.

A recording carries each sentence as it was shown and its id, so that an old recording can still be read when the words
have changed (`recording/todays_words.py`).
"""

import re
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from procsim.sentences import filled, places
from procsim.state.processes import Wait
from procsim.state.run_state import RunState


class Finding(NamedTuple):
    """One thing that went wrong."""

    id: str
    text: str
    """One sentence; its {placeholders} are filled from the figures.

    ⟨A part in such brackets⟩ is left out where a figure in it is None, because it is not known: a line, mostly. The PID
    is left out, too, where it is the name of the process already.
    """
    figures: Mapping[str, Any] = {}
    cure: str = ""
    """What would cure it: a sentence like `text`; empty where none is known."""
    sentence: str = ""
    """Where several sentences have the finding's id: the id of this one and its cure. It stays when their words change:
    by it, a replay finds today's words.
    """

    @property
    def pid(self) -> int | None:
        """The process that it is about; None: it is about none."""
        return self.figures.get("pid")

    @property
    def certain(self) -> bool:
        """Whether it was so for certain; else it was probably so, or could have been."""
        return self.id not in PROBABLE

    @property
    def is_fault(self) -> bool:
        """Whether it is a fault of the program; else it only says that the run was ended early."""
        return self.id not in ENDED_EARLY


PROBABLE = frozenset({"probably_hangs", "polled_before_get", "could_be_lost", "items_left"})
"""The ids of findings that are not certain, or about what only could have gone wrong."""

TIME_LIMIT, INTERRUPTED = "time_limit", "interrupted"
ENDED_EARLY = frozenset({TIME_LIMIT, INTERRUPTED})
"""The ids of findings that say that the run was ended early, and who waited for what then."""

UNEXPLAINED = "standstill"
"""The id of the finding that a program hangs, where nothing more is known: `hangs` makes it."""

HOLDER, WRITER, WORKER = "holder_pid", "writer_pid", "worker_pid"
"""Figures: the PID of a process other than the one that the finding is about."""

ENDED = "ended_pids"
"""Figure: the PIDs of the processes whose end is the cause that the finding names."""


def named_as(run: RunState, *figures: str) -> set[int]:
    """The PIDs that the findings of this run have as one of these figures."""
    found = [event.fields["figures"] for event in (*run.found, *run.accepted)]
    return {its[name] for its in found for name in figures if name in its}


def whose_end_it_names(finding: Finding) -> list[int]:
    """The PIDs of the processes whose end the finding names: as its cause, or as the holder of a lock, say."""
    figures = finding.figures
    return [*figures.get(ENDED, ()), *(figures[name] for name in (HOLDER, WRITER, WORKER) if name in figures)]


class Repeats(IntEnum):
    """What was seen of the threads that moved before a run was ended early."""

    NOT_KNOWN = 0
    SEEN = 1
    """All of them did the same again and again, and no signal handler was there to end a wait."""
    MAIN_ALONE = 2
    """And they are main threads, of whose calls events tell."""


class Outcome(NamedTuple):
    """How a run ended, as far as no event shows it."""

    timed_out: float | None = None
    """seconds that it was given, where it had to be ended for that."""
    interrupted: int = 0
    """The signal by which people ended it early."""
    ended: frozenset[int] = frozenset()
    """PIDs of the processes that procsim ended."""
    main_not_called: bool = False
    """Whether a scenario ended without calling `start`, which alone gives its `main` the options."""
    typed_elsewhere: str = ""
    """The option or command that would give the program the keyboard; "" where it has it."""
    other_python: str = ""
    """The command that would run the program with another Python than procsim's own; "" where there is none."""
    left_behind: tuple[int, ...] = ()
    """PIDs of processes that still ran when main had ended, and that procsim ended."""
    repeats: int = Repeats.NOT_KNOWN
    """Of `Repeats`."""
    stacks: Mapping[str, Any] = {}
    """Where the threads stood when the run was ended early, as figures: see `diagnosis/stacks.py`."""

    @property
    def ended_early(self) -> bool:
        """Whether people or the time limit ended the run."""
        return self.timed_out is not None or bool(self.interrupted)


def signal_name(number: int) -> str:
    """Such as "SIGTERM"."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def error_words(fields: Mapping[str, Any]) -> str:
    """An exception as Python prints it: "KeyError: 'user'", or "EOFError" where it has no text; in one line."""
    return ": ".join(filter(None, (fields["type"], " ".join(fields["text"].split()))))


def standing(run: RunState, wait: Wait) -> dict[str, Any]:
    """One process that waits: a row under a finding."""
    lock = run.locks.get(wait.object or 0)
    return {
        "process": wait.process,
        "pid": wait.pid,
        "kind": wait.kind,
        "object": wait.child_name or (run.name(wait.object) if wait.object is not None else ""),
        "at": wait.at,
        "holder": [run.process_name(pid) for pid in lock.holders] if lock and wait.kind == "lock_waiting" else [],
        "since": round(wait.since / 1e9, 3),
        "stuck": wait.stuck is not None,
    }


def sentence_of(text: str, figures: Mapping[str, Any], translate: Callable[[str], str] = str) -> str:
    """The text with its figures: lists joined as in its language, floats short, no parts whose figures are None."""
    alike = figures.get("same_processes")
    if isinstance(alike, list):
        figures = {**figures, "process": several(alike, translate)}
    if isinstance(alike, list) or figures.get("process") == f"PID {figures.get('pid')}":
        figures = {**figures, "pid": None}
    text = OPTIONAL.sub(
        lambda part: part[1] if all(figures.get(name) is not None for name in places(part[1])) else "", text
    )
    has = places(text)
    return filled(text, {name: _figure(value, translate) for name, value in figures.items() if name in has})


OPTIONAL = re.compile("⟨([^⟨⟩]*)⟩")
"""A part of a sentence that is left out where a figure in it is not known."""

NAMED = 3
"""Processes of several that are named."""


def several(processes: Sequence[object], translate: Callable[[str], str] = str) -> str:
    """Processes, by their names: of many the first ones."""
    names, comma, more = [*map(str, processes)], translate(", "), len(processes) - NAMED
    if more <= 1:
        return translate("{count} processes ({names})").format(count=len(names), names=comma.join(names))
    text = translate("{count} processes ({names}, … {more} more)")
    return text.format(count=len(names), names=comma.join(names[:NAMED]), more=more)


def folded(found: Iterable[Finding]) -> list[Finding]:
    """Findings that are the same but for their process become one, with all processes in `same_processes`."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in found:
        figures = {**finding.figures, "process": "", "pid": None}
        words = (finding.id, sentence_of(finding.text, figures), sentence_of(finding.cure, figures))
        groups.setdefault(words, []).append(finding)
    return [_one_for_all(group) for group in groups.values()]


def _one_for_all(group: list[Finding]) -> Finding:
    names = {finding.pid: finding.figures.get("process") for finding in group}
    if len(names) == 1:
        return group[0]
    return group[0]._replace(figures={**group[0].figures, "same_processes": [*names.values()], "same_pids": [*names]})


def as_clause(finding: Finding) -> dict[str, Any]:
    """A finding as a figure of another one: its sentence stands within the other's."""
    return {"clause": finding.text, "figures": finding.figures}


def _figure(value: Any, translate: Callable[[str], str]) -> Any:
    if isinstance(value, list | tuple):
        return translate(", ").join(str(_figure(item, translate)) for item in value)
    if isinstance(value, dict) and isinstance(value.get("clause"), str) and isinstance(value.get("figures"), dict):
        return sentence_of(translate(value["clause"]), value["figures"], translate)
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 3)
    return value


def as_fields(finding: Finding) -> dict[str, Any]:
    """A finding as it stands in an event, in the json view and in a recording."""
    return {
        "id": finding.id,
        "sentence": finding.sentence or finding.id,
        "text": sentence_of(finding.text, finding.figures),
        "template": finding.text,
        "figures": finding.figures,
        "cure": sentence_of(finding.cure, finding.figures),
        "cure_sentence": f"{finding.sentence or finding.id}.cure" if finding.cure else "",
        "cure_template": finding.cure,
    }


def from_fields(fields: Mapping[str, Any]) -> Finding:
    """The finding that `as_fields` wrote."""
    cure, sentence = fields.get("cure_template", ""), fields.get("sentence", "")
    return Finding(fields["id"], fields["template"], fields["figures"], cure, sentence)


def already_found(run: RunState) -> Iterator[Finding]:
    """The findings that came while the program ran, also accepted ones."""
    yield from (from_fields(event.fields) for event in (*run.found, *run.accepted))
