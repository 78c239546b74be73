"""The menu: `procsim` alone on a terminal. The chapters and their lessons, each with the commands that show it.

keyboard ──► Choice ──► picture ──► Rich Live; Enter runs what is chosen, as anybody would type it, and comes back
"""

import os
import shlex
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from prompt_toolkit.keys import Keys
from rich.console import ConsoleDimensions, Group, RenderableType
from rich.live import Live
from rich.text import Text

from procsim.exit_code import ExitCode
from procsim.language import _
from procsim.lessons import catalog
from procsim.lessons.chapter import Chapter, Lesson
from procsim.lessons.own_command import own_command, typed_words
from procsim.lessons.pages import MOST_CELLS, explanation, headline, ways_of
from procsim.output import writing
from procsim.views.console import console
from procsim.views.live.keyboard import LEAVE, answer, open_keyboard, presses
from procsim.views.live.terminal import leave_by_signals, terminal
from procsim.views.text.rows import fitted
from procsim.views.text.summary import ascii_only


@dataclass
class Choice:
    """What is chosen: a lesson of these chapters, and which of its ways."""

    chapters: Sequence[Chapter]
    row: int = 0
    way: int = 0

    @property
    def lessons(self) -> list[Lesson]:
        return [lesson for chapter in self.chapters for lesson in chapter.lessons]

    @property
    def lesson(self) -> Lesson:
        return self.lessons[self.row]

    @property
    def line(self) -> str:
        """The arguments of `procsim` for the chosen way."""
        return self.lesson.ways[self.way]

    def press(self, key: str) -> None:
        """Move the choice by a key. Other keys do nothing."""
        steps = {Keys.Up: -1, "k": -1, Keys.Down: 1, "j": 1, Keys.PageUp: -10, Keys.PageDown: 10}
        if key in steps:
            self._go(self.row + steps[key])
        elif key in (Keys.Home, Keys.End):
            self._go(0 if key == Keys.Home else len(self.lessons) - 1)
        elif key in (Keys.Left, Keys.Right, "h", "l", Keys.Tab):
            self.way = (self.way + 1) % len(self.lesson.ways)
        elif key.isdecimal() and 0 < int(key) <= len(self.chapters):
            self._go(sum(len(chapter.lessons) for chapter in self.chapters[: int(key) - 1]))

    def _go(self, row: int) -> None:
        self.row = min(max(row, 0), len(self.lessons) - 1)
        self.way = 0


def picture(choice: Choice, size: ConsoleDimensions, plain_marks: bool = False) -> RenderableType:
    """The menu on a screen of that size: the part of the list around the choice, its commands, the keys."""
    up_down, left_right, rule = ("up/down", "left/right", "-") if plain_marks else ("↑↓", "←→", "─")
    keys = _("{up_down} choose   {left_right} compare   Enter run   e explain   1-{last} chapter   q quit")
    last = min(9, len(choice.chapters))
    lines, chosen = _list(choice, ">" if plain_marks else "▸")
    rows = max(1, size.height - 6)
    first = min(max(0, chosen - rows // 2), max(0, len(lines) - rows))
    ways = [
        Text.assemble((f" {word}  ", "faint"), (f" {line} ", "chosen" if number == choice.way else ""))
        for number, (word, line) in enumerate(ways_of(choice.lesson))
    ]
    shown = [
        Text(_("procsim: what processes really do"), "strong"),
        *lines[first : first + rows],
        *[Text()] * (rows - len(lines[first : first + rows])),
        Text(rule * size.width, "faint"),
        *ways,
        *[Text()] * (2 - len(ways)),
        Text(rule * size.width, "faint"),
        Text(keys.format(up_down=up_down, left_right=left_right, last=last), "faint"),
    ]
    return Group(*(fitted(line, size.width) for line in shown[: size.height]))


def _list(choice: Choice, mark: str) -> tuple[list[Text], int]:
    """All the lines of the list, and the number of the chosen one."""
    lines: list[Text] = []
    chosen = row = 0
    for number, chapter in enumerate(choice.chapters, 1):
        lines.append(Text.assemble((f"{number} {chapter.name}", "strong"), f"  {_(chapter.title)}"))
        for lesson in chapter.lessons:
            if row == choice.row:
                chosen = len(lines)
            text = f" {mark if row == choice.row else ' '} {headline(lesson)}"
            lines.append(Text(text, "chosen" if row == choice.row else ""))
            row += 1
    return lines, chosen


class Menu:
    """Shows the menu until people leave it."""

    def __init__(
        self, language: str | None, folders: Sequence[str] = (), theme: str | None = None, big: bool = False
    ) -> None:
        """What --lang, --lessons, --theme and --big say, for the runs that are chosen."""
        self._choice = Choice(catalog.chapters())
        self._options = [*(["--lang", language] if language else []), *(["--theme", theme] if theme else [])]
        self._folders = folders
        self._big = big
        self._console = console()
        self._input = open_keyboard()
        self._size = self._console.size

    def show(self) -> None:
        """Until q: choose, run, and back. Raises `ReaderGone` where the terminal has been closed."""
        leave_by_signals()
        while (key := self._choose()) is not None:
            if key == Keys.ControlZ:
                terminal.suspend()
                continue
            if key == "e":
                self._console.print(explanation(self._choice.lesson), width=min(self._console.width, MOST_CELLS))
            elif self._run(self._choice.line):
                continue
            if answer(self._input, Text(_("Press a key to go back to the menu"), "faint"), self._console) is None:
                return

    def _choose(self) -> str | None:
        """Let people choose. Returns "run", "e" (explain) or Ctrl-Z, or None if they leave."""
        live = Live(console=self._console, screen=True, auto_refresh=False, vertical_overflow="crop")
        with writing(), terminal.screen(), self._input.raw_mode(), live:
            self._draw(live)
            for key in presses(self._input, lambda: self._draw(live) if self._size != self._console.size else None):
                if key in LEAVE:
                    return None
                if key in (Keys.Enter, Keys.ControlJ):
                    return "run"
                if key in ("e", Keys.ControlZ):
                    return key
                self._choice.press(key)
                self._draw(live)
        return None

    def _draw(self, live: Live) -> None:
        self._size = self._console.size
        live.update(picture(self._choice, self._size, ascii_only(self._console)), refresh=True)

    def _run(self, line: str) -> bool:
        """Show the command that people would type, so that they learn it, and run it.

        Returns whether people have seen what was printed at its end: it has waited for a key itself, or they have ended
        it.
        """
        words = typed_words(line, self._folders)
        self._console.print(Text(f"$ {shlex.join(['procsim', *words])}", "strong"))
        before = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the run; it comes back here
        try:
            big = ["--big"] if self._big and "--compare" not in words else []  # which shows several runs at once
            command = own_command([*words, *self._options, *big])
            with terminal.lent() as (variables, passed, looked):
                code = _run_to_its_end(subprocess.Popen(command, env=os.environ | variables, pass_fds=passed))
                seen = looked() or code == ExitCode.INTERRUPTED
        finally:
            signal.signal(signal.SIGINT, before)
        if code < 0:
            terminal.recover()
        return seen


def _run_to_its_end(run: "subprocess.Popen[bytes]") -> int:
    """Wait for the run and return its exit code. If procsim is ended meanwhile, end the run first."""
    try:
        return run.wait()
    except BaseException:
        for number in (signal.SIGTERM, signal.SIGCONT):  # it may be stopped
            run.send_signal(number)
        run.wait()
        raise
