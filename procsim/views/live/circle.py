"""The circle of waits, drawn as a circle: two processes, two locks, and who holds and who wants which.

a finding "lock_cycle" ──► its figures ──► a rectangle; of more than two processes, a chain
"""

from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from procsim.language import _
from procsim.state.run_state import RunState
from procsim.views.base import clean
from procsim.views.text.rows import fitted
from procsim.views.text.words import STYLES


def circle_lines(run: RunState, width: int, plain: bool, places: bool = True) -> list[Text]:
    """The circle in which processes wait, with their `places` in the code; empty where there is none."""
    found = next(run.findings("lock_cycle"), None)
    if found is None:
        return []
    figures = found.fields["figures"]
    if {"processes", "locks"} <= figures.keys():
        return _chain(figures, width, plain)
    if {"process", "other", "object", "other_object"} <= figures.keys():
        return _rectangle(figures if places else {**figures, "at": "", "other_at": ""}, width, plain)
    return []  # a recording that somebody has changed


def _rectangle(figures: Mapping[str, Any], width: int, plain: bool) -> list[Text]:
    """process ─ holds ─▶ its lock ◀─ wants ─ other, and below: process ─ wants ─▶ the other's lock ◀─ holds ─ other."""
    one, two, its, theirs = (clean(figures[name]) for name in ("process", "other", "other_object", "object"))
    right, left, flat, down, corner_left, corner_right = (
        ["->", "<-", "-", "|", "+", "+"] if plain else ["─▶", "◀─", "─", "│", "└", "┘"]
    )
    holds, wants = _("holds"), _("wants")
    middle = max(cell_len(its), cell_len(theirs)) + 2
    arm = max(cell_len(holds), cell_len(wants)) + 4
    if 2 * arm + middle + cell_len(one) + cell_len(two) + 4 > width:
        return []

    def arms(lock: str, first: str, second: str) -> Text:
        line = Text()
        line.append(flat + f" {first} " + flat * (arm - cell_len(first) - 3) + right, _style(first, holds))
        line.append(" " * ((middle - cell_len(lock)) // 2)).append(lock, "strong")
        line.append(" " * (middle - cell_len(lock) - (middle - cell_len(lock)) // 2))
        return line.append(left + flat * (arm - cell_len(second) - 3) + f" {second} " + flat, _style(second, holds))

    top = Text.assemble("  ", (one, "strong"), " ").append_text(arms(its, holds, wants)).append(" ")
    near, far = 2 + _under(one), top.cell_len + _under(two)
    top.append(two, "strong")
    at, other_at = clean(figures.get("at") or ""), clean(figures.get("other_at") or "")
    between = Text.assemble(" " * near, f"{down} ", (at, STYLES["faint"]))
    between.append(" " * max(1, far - between.cell_len)).append(down).append(f" {other_at}", STYLES["faint"])
    bottom = Text(" " * near + corner_left + flat * (2 + cell_len(one) - near)).append_text(arms(theirs, wants, holds))
    bottom.append(flat * max(1, far - bottom.cell_len)).append(corner_right)
    return [fitted(line, width) for line in (top, between, bottom)]


def _under(name: str) -> int:
    """How far behind the beginning of a name a line goes down from it."""
    return min(2, cell_len(name) - 1)


def _style(word: str, holds: str) -> str:
    return STYLES["held"] if word == holds else STYLES["bad"]


def _chain(figures: Mapping[str, Any], width: int, plain: bool) -> list[Text]:
    """Who wants what the next one holds, and the last one what the first one holds."""
    arrow = "->" if plain else "▶"
    text = Text("  ")
    for process, lock in zip(figures["processes"], figures["locks"], strict=False):
        text.append(clean(process), "strong").append(f" {_('wants')} {arrow} ", STYLES["bad"])
        text.append(clean(lock)).append(f" {_('held by')} {arrow} ", STYLES["held"])
    text.append(clean(figures["processes"][0]), "strong")
    return [fitted(text, width)]
