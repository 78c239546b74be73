"""What is made harmless: whatever a terminal obeys, hides, or turns round; and what is kept."""

import json
import re
import sys
import unicodedata
from pathlib import Path

import pytest

from procsim.harmless import escaped, harmless

ROOT = Path(__file__).parents[1]

KEPT = {
    *"\u200c\u200d",  # joiners of letters and of emoji
    *map(chr, (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)),  # signs round a number
    *map(chr, range(0x13430, 0x13460)),  # joiners of hieroglyphs
}


def commands() -> list[str]:
    """All characters of the categories that command something, but for those that are kept."""
    known = (character for character in map(chr, range(sys.maxunicode + 1)))
    return [each for each in known if unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp") and each not in KEPT]


def test_no_control_and_no_format_character_is_left() -> None:
    left = [each for each in commands() if set(harmless(f"a{each}b")) - set("ab ")]
    assert not left
    assert {"\u061c", "\u200b", "\u2060", "\ufeff", "\U000e0041", "\u202e", "\x9b"} <= set(commands())


@pytest.mark.parametrize(
    "text",
    [
        "中文,标点",
        "👩\u200d👩\u200d👧",
        "✈️",
        "\u0645\u06cc\u200c\u062e\u0648",
        "क\u094d\u200dष",
        "葛\U000e0100",
        "ﷺ",
        "\u0600\u0661",
        "é",
        "e\u0301",
    ],
)
def test_legitimate_text_stays(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;cm0gLXJm\x07copied", "copied"),
        ("\x1b]52;c;cm0gLXJm\x1b\\copied", "copied"),
        ("\x1bPq#0\x1b\\image", "image"),
        ("\x1b[2Jcleared\x1b[>c", "cleared"),
        ("\x1b\x1b[31mtwice", "twice"),
        ("\x9d52;c;x\x9c", "52;c;x"),
        ("a\r\nb\x08c", "a bc"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag\U000e0001\U000e0041\U000e007f", "tag"),
    ],
)
def test_what_is_shown_of_it(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_json_says_the_same_and_commands_nothing() -> None:
    text = "".join(commands()) + "中文👩\u200d👧"
    line = escaped(json.dumps({"text": text}, ensure_ascii=False))
    assert not set(commands()) & set(line)
    assert json.loads(line) == {"text": text}
    assert "中文" in line


def test_all_that_is_drawn_is_drawn_on_a_harmless_console() -> None:
    """Others are made to measure how wide a text is, and draw nothing."""
    drawn_on = re.compile(r"\bConsole\((?!width=)")
    makers = [path.name for path in (ROOT / "procsim").rglob("*.py") if drawn_on.search(path.read_text())]
    assert makers == ["console.py"], "which asks it what the terminal can show"
