"""A running program on the screen, as it was seen last; and where the threads of one process stand.

what was seen ──► lines ──► the terminal (`full_screen.py`)        keys ──► which process, leave
"""

import time

from prompt_toolkit.keys import Keys as Pressed
from rich.console import Group
from rich.text import Text

from procsim.language import _
from procsim.state.run_state import RunState
from procsim.views.attached import (
    Attached,
    AttachedView,
    outcome_line,
    process_lines,
    stack_lines,
    thing_lines_of,
    title_words,
    without_standing,
)
from procsim.views.base import Verdict
from procsim.views.console import console as new_console
from procsim.views.live.full_screen import FullScreen
from procsim.views.live.keyboard import LEAVE, LOOK_SECONDS
from procsim.views.text.prose import hanging
from procsim.views.text.rows import fitted
from procsim.views.text.summary import ascii_only, verdict_rows
from procsim.views.text.words import STYLES

FEWEST_ROWS = 4
"""Of processes: they are shown even if the sentences are long."""


class AttachedScreen(FullScreen):
    """Shows a running program on the whole terminal."""

    def __init__(self) -> None:
        super().__init__(new_console())
        self._seen: tuple[RunState, Verdict, Attached] | None = None
        self._chosen: int | None = None
        """The PID of the process of which it is shown where its threads stand."""
        self._rows: list[int] = []
        """The PIDs of the rows on the screen, from top to bottom."""

    def show(self, run: RunState, verdict: Verdict, attached: Attached) -> None:
        """Show this from now on."""
        self._seen = run, verdict, attached
        self._draw()

    def stay(self, seconds: float) -> bool:
        """Do what keys ask for, for so long. Returns whether people want to leave."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not self.has_keys:
                return True
            for key in self.keys(min(left, LOOK_SECONDS)):
                if key in LEAVE:
                    return True
                self._choose(key)
                self._draw()
            if self.is_outdated:
                self._draw()
        return False

    def finish(self, run: RunState, verdict: Verdict, attached: Attached) -> None:
        """What was seen last stays in the terminal."""
        AttachedView(self._console, attached).finish(run, verdict)

    def _choose(self, key: str) -> None:
        pids = self._rows
        if key == Pressed.Escape:
            self._chosen = None
        elif key in (Pressed.Up, Pressed.Down) and pids:
            by = 1 if key == Pressed.Down else -1
            place = pids.index(self._chosen) + by if self._chosen in pids else (0 if by > 0 else -1)
            self._chosen = pids[place % len(pids)]
        elif key.isdigit() and 0 < int(key) <= len(pids):
            self._chosen = pids[int(key) - 1]

    # The picture ---------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        if self._seen is not None:
            self.draw(Group(*self._lines(*self._seen, *self.size)))

    def _lines(self, run: RunState, verdict: Verdict, attached: Attached, width: int, height: int) -> list[Text]:
        head = [Text(title_words(run, attached), "strong")]
        head += hanging(Text(), outcome_line(run, verdict, attached), width)
        for mark, text in verdict_rows(without_standing(verdict), ascii_only(self._console), with_ids=True):
            head += hanging(Text.assemble(mark, " "), text, width)
        foot = [Text(self._keys(), "faint")]
        room = height - len(foot)
        if self._chosen in run.processes:
            head, rows = self._of_chosen(head, run, attached, room)
        else:
            rows = self._process_rows(run, attached, max(FEWEST_ROWS, room - len(head)))
            rows += thing_lines_of(run, attached, max(1, room - len(head) - len(rows)), width, self._console)
            rows += [Text(words, STYLES["faint"]) for words in attached.notes]
        lines = [*head, *rows]
        if len(lines) > room:
            more = Text(_("… and {count} more").format(count=len(lines) - room + 1), STYLES["faint"])
            lines = [*lines[: room - 1], more]
        lines += [Text()] * (room - len(lines))
        return [fitted(line, width) for line in (*lines, *foot)]

    def _of_chosen(
        self, head: list[Text], run: RunState, attached: Attached, room: int
    ) -> tuple[list[Text], list[Text]]:
        """The head and the rows where a process is chosen: what does not fit beside its stack is left out."""
        process = run.processes[self._chosen or 0]
        wanted = len([*stack_lines(process, attached)]) + 1
        if len(head) + FEWEST_ROWS + wanted > room:
            head = head[:1]
        rows = self._process_rows(run, attached, max(FEWEST_ROWS, room - len(head) - wanted))
        left = room - len(head) - len(rows)
        if left >= wanted:
            rows.append(Text())
        return head, [*rows, *stack_lines(process, attached, left)]

    def _process_rows(self, run: RunState, attached: Attached, rows: int) -> list[Text]:
        """The rows of processes: each behind its number, which is the key for it, and a mark if it is chosen."""
        drawn = [*process_lines(run, attached, rows)]
        self._rows = [pid for pid, _line in drawn if pid]
        lines = []
        for number, (pid, line) in enumerate(drawn, 1):
            digit = str(number) if pid and number <= 9 else " "
            mark = ">" if pid and pid == self._chosen else " "
            lines.append(Text.assemble((digit, STYLES["faint"]), mark, " ", line))
        return lines

    def _keys(self) -> str:
        words = [_("arrows, 1-9: where a process stands")]
        words += [_("Esc back")] if self._chosen is not None else []
        return "   ".join([*words, _("q done")])
