"""The program's output becomes text: whole characters, in the encoding that it is in, however it was cut on its way."""

import random

import pytest

from procsim.intake.decoder import LINE_BYTES, Lines
from procsim.json_line import line_of
from procsim.recording.recorded import LONG_LIMIT

LONG = LINE_BYTES * 3


def read(data: bytes, sizes: list[int]) -> tuple[str, list[str]]:
    """The text that comes of it where it arrives in pieces of these sizes, in turn; and its pieces."""
    lines, place = Lines(), 0
    pieces: list[str] = []
    for number in range(len(data)):
        size = sizes[number % len(sizes)]
        pieces += lines.lines("stdout", data[place : place + size])
        place += size
        if place >= len(data):
            break
    pieces += [text for _, text in lines.rest()]
    return "".join(pieces), pieces


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("text", ["车", "é", "x车", "😀", "a😀b车", "\x1b[31m\u200b"], ids=ascii)
@pytest.mark.parametrize("shift", [0, *(pytest.param(more, marks=pytest.mark.thorough) for more in (1, 2, 3))])
def test_a_long_line_is_cut_between_two_characters(encoding: str, text: str, shift: int) -> None:
    whole = "y" * shift + text * (LONG // len(text.encode(encoding)))
    for end in ("", "\n", "\nlast 车\n"):
        for sizes in ([1 << 16], [1 << 20], [LINE_BYTES + 1], [65_537, 3, 40_001]):
            shown, pieces = read((whole + end).encode(encoding), sizes)
            assert shown == whole + end
            assert len(pieces) > 2, "it was told before its end"
            assert all(len(line_of({"text": piece})) < LONG_LIMIT for piece in pieces), "a recording of it can be read"


def test_lines_that_are_short_come_when_they_are_whole() -> None:
    lines = Lines()
    assert list(lines.lines("stdout", "车".encode()[:2])) == []
    assert list(lines.lines("stderr", b"other\n")) == ["other\n"]
    assert list(lines.lines("stdout", "车".encode()[2:] + b"\nb\nc")) == ["车\nb\n"]
    assert list(lines.rest()) == [("stdout", "c")]


def test_what_is_no_text_loses_nothing_that_is() -> None:
    chance = random.Random(5)
    noise = bytes(chance.randrange(128, 256) for _ in range(LINE_BYTES + 5)).replace(b"\n", b"\x80")
    shown, _ = read(noise + "\n车\n".encode() + "车\n".encode("gb18030"), [70_001])
    assert shown.endswith("\n车\n车\n")
