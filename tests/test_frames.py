"""Frames that write only what has changed: the screen is the same as if each frame were written whole."""

import io
import re
from collections.abc import Sequence

import pyte
import pytest
from rich.console import Console
from rich.screen import Screen
from rich.text import Text

from procsim.views.live.frames import Frames

WIDTH, HEIGHT = 12, 3

PICTURES = [
    ["tickets", "user-1 ---r3", "space pause"],
    ["tickets", "user-1 ---r3w2", "space pause"],
    ["", "user-1", "space pause"],
    ["门票", "用户 1 读到 3", "e\u0301 空格 暂停"],
    ["门票", "用户 1 写入 2", "e\u0301 空格"],
    ["门", "a用户 1 写入 2", "👩‍👩‍👧 n"],
    ["门票", "a", ""],
    ["x" * 20, "锁" * 9, "▒█░" * 9],
    ["x" * 12, "锁" * 5, "▒█░"],
]
"""The rows of frames that follow each other; some are longer than the screen is wide."""


class Terminal:
    """What a terminal shows of what is written to it."""

    def __init__(self, width: int = WIDTH) -> None:
        self._screen = pyte.Screen(width, HEIGHT)
        self._stream = pyte.Stream(self._screen)

    def write(self, text: str) -> None:
        self._stream.feed(text)

    def cursor(self) -> tuple[int, int]:
        """Its row and column."""
        return self._screen.cursor.y, self._screen.cursor.x

    def shows(self) -> list[list[pyte.screens.Char]]:
        """The characters by rows, each with its colours."""
        rows = [self._screen.buffer[y] for y in range(HEIGHT)]
        return [[row[x] for x in range(self._screen.columns)] for row in rows]


def lines_of(rows: Sequence[str], width: int = WIDTH, style: str = "") -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=width, height=HEIGHT, force_terminal=True, color_system="256", no_color=False)
    console.print(Screen(*(Text(row, style, no_wrap=True) for row in rows)), end="")
    return stream.getvalue().split("\n")


def rows_written(changes: str) -> list[int]:
    """The rows that are written; the last movement of the cursor is to where it stands between two frames."""
    return [int(row) for row in re.findall(r"\x1b\[(\d+);1H", changes)][:-1]


@pytest.mark.parametrize("style", ["", "bold", "bold color(231) on color(160)"])
def test_the_screen_is_the_same_as_with_whole_frames(style: str) -> None:
    frames, terminal = Frames(), Terminal()
    for rows in PICTURES:
        whole = Terminal()
        whole.write(Frames().changes(lines_of(rows, style=style), WIDTH))
        terminal.write(frames.changes(lines_of(rows, style=style), WIDTH))
        assert terminal.shows() == whole.shows()


def test_what_has_not_changed_is_not_written() -> None:
    frames = Frames()
    first, second, third = ("\x1b[1mone\x1b[0m  ", "two  ", "three")
    assert rows_written(frames.changes([first, second, third], 5)) == [1, 2, 3]
    assert frames.changes([first, second, third], 5) == ""
    changes = frames.changes([first, "2    ", third], 5)
    assert "\x1b[2;1H2\x1b[K" in changes and "one" not in changes and "three" not in changes


def test_after_each_frame_the_cursor_stands_in_the_last_row() -> None:
    frames, terminal = Frames(), Terminal()
    for top in "ab":
        terminal.write(frames.changes([top, "", "keys"], WIDTH))
        assert terminal.cursor() == (HEIGHT - 1, 0)


def test_a_screen_of_another_size_is_written_whole() -> None:
    frames = Frames()
    assert rows_written(frames.changes(["a", "b"], 1)) == [1, 2]
    assert rows_written(frames.changes(["a ", "b "], 2)) == [1, 2], "another width"
    assert rows_written(frames.changes(["a ", "b ", "  "], 2)) == [1, 2, 3], "another height"


def test_a_character_to_which_the_terminal_gives_more_cells_spoils_no_other_row() -> None:
    frames, terminal = Frames(), Terminal()
    terminal.write(frames.changes(["a" * WIDTH, "b" * WIDTH, "c" * WIDTH], WIDTH))
    before = terminal.shows()
    terminal.write(frames.changes(["锁" * WIDTH, "b" * WIDTH, "c" * WIDTH], WIDTH))
    assert terminal.shows()[1:] == before[1:]
