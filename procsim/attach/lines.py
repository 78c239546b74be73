"""Which line an instruction belongs to, by the tables that CPython keeps for that. Pure.

The formats: Objects/lnotab_notes.txt (3.9, 3.10) and Objects/locations.md (since 3.11) in the source of CPython.
"""

from collections.abc import Iterator

_NO_LINE = 15
_LONG, _NO_COLUMNS, _ONE_LINE = 14, 13, (10, 11, 12)


def line_at(table: bytes, first: int, place: int, version: str) -> int | None:
    """The line of the instruction that stands `place` bytes behind the first one; None: the table does not say.

    `first`: the line of the function; `version`: of Python, such as "3.12".
    """
    rows = {"3.9": _rows_3_9, "3.10": _rows_3_10}.get(version, _rows)
    for start, end, line in rows(table, first):
        if start <= place < end:
            return line
    return None


def _rows_3_9(table: bytes, first: int) -> Iterator[tuple[int, int, int | None]]:
    start, line = 0, first
    end = 0
    for place in range(0, len(table) - 1, 2):
        end += table[place]
        if end > start:
            yield start, end, line
            start = end
        line += table[place + 1] - (256 if table[place + 1] > 127 else 0)
    yield start, 1 << 62, line


def _rows_3_10(table: bytes, first: int) -> Iterator[tuple[int, int, int | None]]:
    end, line = 0, first
    for place in range(0, len(table) - 1, 2):
        start, end = end, end + table[place]
        difference = table[place + 1] - (256 if table[place + 1] > 127 else 0)
        if difference == -128:
            yield start, end, None
            continue
        line += difference
        yield start, end, line


def _rows(table: bytes, first: int) -> Iterator[tuple[int, int, int | None]]:
    end, line, place = 0, first, 0
    while place < len(table):
        kind, length = table[place] >> 3 & 15, 2 * ((table[place] & 7) + 1)
        start, end = end, end + length
        place += 1
        if kind in _ONE_LINE:
            line += kind - 10
        elif kind in (_LONG, _NO_COLUMNS):
            number = shift = 0
            while place < len(table):
                byte = table[place]
                place += 1
                number |= (byte & 63) << shift
                shift += 6
                if not byte & 64:
                    break
            line += -(number >> 1) if number & 1 else number >> 1
        yield start, end, None if kind == _NO_LINE else line
        while place < len(table) and not table[place] & 128:  # columns
            place += 1
