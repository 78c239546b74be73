"""Where threads stood, under a finding that cannot say for certain why a program hangs.

figures of a finding: stacks, without_lines, stacks_left_out ──► a row for each thread, and one for each call
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from procsim.language import N_, _
from procsim.views.base import clean
from procsim.views.text.words import STYLES, localized

ROWS = 60
"""At most so many rows are shown."""


def stack_rows(figures: Mapping[str, Any]) -> Iterator[Text]:
    """The rows; none where the finding has no stacks. Threads of several processes that stood alike share theirs.

    The calls of a thread stand in the order in which they were made. Those of the program itself stand out.
    """
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for stack in figures.get("stacks", ()):
        groups.setdefault((_words(stack), stack["thread"], _places(stack)), []).append(stack)
    rows = [row for alike in groups.values() for row in _rows_of(alike)]
    if rows:
        yield Text(_("where each thread stood, the innermost call last:"), STYLES["faint"])
    yield from rows[:ROWS]
    if len(rows) > ROWS:
        yield Text(_("… and {count} more").format(count=len(rows) - ROWS), STYLES["faint"])
    if figures.get("stacks_left_out"):
        words = _("{count} more processes were not looked at").format(count=figures["stacks_left_out"])
        yield Text(clean(words), STYLES["faint"])
    if "without_lines" in figures:
        yield Text(localized("{without_lines}", figures), STYLES["faint"])


def _places(stack: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((frame["function"], frame["at"]) for frame in stack["frames"])


def _rows_of(alike: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    """The rows of threads that stood alike."""
    stack = alike[0]
    figures = {**stack, "thread": stack["thread"] or None, "words": _words(stack) or None}
    if len(alike) > 1:
        figures["same_processes"] = [each["process"] for each in alike]
    yield Text(localized(N_("{process}⟨ (PID {pid})⟩⟨, thread {thread}⟩:⟨ {words}⟩"), figures), STYLES["waiting"])
    for frame in reversed(stack["frames"]):
        words = clean(f"    {frame['at']}  {frame['function']}")
        yield Text(words, "strong" if frame["whose"] == "program" else STYLES["faint"])


def _words(stack: Mapping[str, Any]) -> str:
    """What a thread does, in words; "" where its calls show it."""
    if stack["frames"]:
        return _("moving while it was looked at") if stack["moved"] else ""
    return system_words(stack["call"], stack["target"], stack["state"])


def system_words(call: str, target: str, state: str) -> str:
    """What a thread does, by what the system shows of it: see `procsim.diagnosis.system_view.SystemView`."""
    if call and target:
        return _("in the system call {call}, on {target}").format(call=call, target=target)
    if call:
        return _("in the system call {call}").format(call=call)
    return _(_STATES.get(state, N_("asleep")))


_STATES = dict(zip("RDTt", (N_("running"), N_("waiting for a device"), N_("stopped"), N_("stopped")), strict=True))
"""What a thread does, by the letter that the system has for it."""
