"""Makes text that is not ours harmless: it cannot command the terminal, hide other text, or reverse its direction.

    programs, recordings, files, names ──► harmless ──► a terminal
    JSON ──────────────────────────────► escaped ───► a terminal, or a file

Dropped are control characters (C0, DEL, C1), whole escape sequences, and those format characters of Unicode that
reverse the direction of writing, have no width, or are tags. Kept are the format characters that ordinary text needs
and that do no harm: the joiners U+200C and U+200D (Persian, the scripts of India, emoji), the signs around Arabic,
Syriac and Kaithi numbers, the joiners of hieroglyphs, and all variation selectors.

Source: the general categories Cc, Cf, Zl and Zp of the Unicode Character Database; ECMA-48 for escape sequences.
"""

import re

_ESCAPE_SEQUENCES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)

COMMANDS = (
    "\\x00-\\x1f\\x7f-\\x9f"  # C0, DEL, C1
    "\\u00ad"  # soft hyphen
    "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069"  # they reverse the direction of writing
    "\\u180e\\u200b\\u2060-\\u2065\\ufeff"  # no width
    "\\u206a-\\u206f\\ufff9-\\ufffb"  # they change or annotate what follows
    "\\u2028\\u2029"  # they end a line
    "\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a"  # shorthand and music: no glyph of their own
    "\\U000e0000-\\U000e007f"  # tags
)
"""The characters that are dropped, as a class of a regular expression."""

_COMMANDS = re.compile(f"[{COMMANDS}\\ud800-\\udfff]")
_SHOWN_AS = {"\n": " ", "\u2028": " ", "\u2029": " ", "\t": "    "}


def harmless(text: str) -> str:
    """The text in one line; half a surrogate pair becomes the replacement character."""
    if text.isprintable():
        return text
    return _COMMANDS.sub(_replacement, _ESCAPE_SEQUENCES.sub("", text))


def _replacement(found: re.Match[str]) -> str:
    character = found.group()
    return "\ufffd" if "\ud800" <= character <= "\udfff" else _SHOWN_AS.get(character, "")


def escaped(line: str) -> str:
    """A line of JSON in which these characters are escaped: its value is the same, and it is harmless."""
    return line if line.isprintable() else _COMMANDS.sub(_escape, line)


def _escape(found: re.Match[str]) -> str:
    number = ord(found.group())
    if number < 0x10000:
        return f"\\u{number:04x}"
    high, low = divmod(number - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
