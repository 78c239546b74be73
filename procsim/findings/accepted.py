"""Findings that a program's author accepts: by a comment in the program, with the id of the finding.

    finding ──► the places that its sentence names ──► the lines there ──► `# procsim: ok lost_update`? ──► accepted

The comment stands on one of these lines, or alone on the line above it. It may name several ids, and go on with words:
`# procsim: ok lost_update, died: the log may lose lines`. Who reads the lines is the caller.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from procsim.findings.base import Finding
from procsim.sentences import places

_COMMENT = re.compile(r"#\s*procsim:\s*ok\s+(\w+(?:\s*,\s*\w+)*)")
_PLACE = re.compile(r"([^:]+):(\d+)")


class Place(NamedTuple):
    """A line of a file of the program."""

    file: str
    """As call sites have it: the file's name, or the end of its path."""
    line: int
    """From 1 on."""


def places_of(finding: Finding) -> Iterator[Place]:
    """The places that the sentence of the finding names."""
    for name in sorted(places(finding.text)):
        figure = finding.figures.get(name)
        for each in figure if isinstance(figure, list | tuple) else [figure]:
            found = _PLACE.fullmatch(each) if _is_a_place(name) and isinstance(each, str) else None
            if found:
                yield Place(found[1], int(found[2]))


def _is_a_place(figure: str) -> bool:
    return figure in ("at", "made") or figure.endswith("_at")


def accepts(lines: Sequence[str], line: int, identity: str) -> bool:
    """Whether these lines of a file accept a finding with this id at that line."""
    if not 1 <= line <= len(lines):
        return False
    above = lines[line - 2] if line > 1 and lines[line - 2].lstrip().startswith("#") else ""
    return any(
        identity in re.split(r"\s*,\s*", found[1])
        for text in (lines[line - 1], above)
        for found in _COMMENT.finditer(text)
    )
