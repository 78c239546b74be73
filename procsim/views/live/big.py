"""The picture for the back row of a class (--big): fewer things, and larger ones.

    sentence ──► big_headline ──► letters of blocks; in Chinese, figures of blocks; else a band
    RunState ──► the processes that stand out ──► big_rows ──► a line of words, the lane below it, a blank row

A terminal cannot enlarge its letters, and from ten metres letters of one row are hard to read, however few they are. So
what happens is said once, in letters three rows high, and the rest is shape and colour: lanes as wide as the screen,
two rows high. Of the three designs that were tried, lanes beside the words cut both, and words without lanes show
nothing from afar.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product

from rich.cells import cell_len
from rich.text import Text

from procsim.state.processes import Process, failed
from procsim.state.run_state import RunState
from procsim.state.timeline import Lane, axis_of, lane_of
from procsim.views.live.process_rows import (
    Drawn,
    Held,
    counted_rest,
    folded,
    in_order,
    names_of,
    row_name,
    row_words,
    sign,
    signs,
)
from procsim.views.text.knowledge import Knowledge, knowledge_words
from procsim.views.text.lanes import lane_line
from procsim.views.text.letters import PUNCTUATION, first_line, half_blocks, large
from procsim.views.text.prose import Prose, wrapped
from procsim.views.text.rows import fitted
from procsim.views.text.words import STYLES, holdings
from procsim.views.wishes import Movement

NAME_CELLS = 24

SCALES = (3, 2, 1)
"""How many cells wide a square of a letter may be; the larger the window, the larger the letters."""

CULPRIT = 1
"""The rank (`_rank`) up to which a process has done what is wrong, or is in a circle of waits: where they have no room
otherwise, all have two rows, with none between them."""

FEWEST_TALL = 3
"""Lanes are two rows high if so many processes have room with them, else one row."""

# The headline ----------------------------------------------------------------------------------------------------


def big_headline(sentence: str, alarm: bool, width: int, rows: int, plain: bool) -> list[Text]:
    """The headline in at most so many rows: as much of its beginning in large letters as fits, the rest below it.

    `plain`: the terminal has only ASCII, and no blocks.
    """
    style, inside = STYLES["alarm"] if alarm else "strong", width - 2
    ends = () if plain else [end for end in _ends(sentence) if end <= width]  # a large letter takes two cells or more
    for end, scale in product(ends, SCALES):
        drawn = _enlarged(sentence[:end], inside, scale)
        rest = wrapped(Prose(sentence[end:].strip(PUNCTUATION + " ")), inside) if end < len(sentence) else []
        if drawn and len(drawn) + len(rest) <= rows:
            return [_band(line, style, width) for line in (*map(Text, drawn), *rest)]
    lines = wrapped(Prose(sentence), inside)[: max(1, rows - 2)]
    return [_band(line, style, width) for line in (Text(), *lines, Text())][: max(1, rows)]


def _ends(sentence: str) -> Iterator[int]:
    """Where the large letters may end, the longest beginning first."""
    yield len(sentence)
    yield from (match.end() for match in reversed([*re.finditer(f"[{PUNCTUATION}]", sentence)]))


@lru_cache(maxsize=200)
def _enlarged(text: str, width: int, scale: int) -> tuple[str, ...]:
    """The rows of a text in large letters, or in wide ones with large figures; none, if there is no room."""
    text = text.rstrip(PUNCTUATION + " ")
    lines = large(text, width, scale)
    if lines:
        blank = "." * width
        rows = [blank]
        for line in lines:
            rows += [*(row.ljust(width, ".") for row in line), blank, blank]
        return tuple(half_blocks(rows[: len(rows) // 2 * 2]))
    return tuple(_wide(text, width)) if cell_len(text) > len(text) else ()


def _wide(text: str, width: int) -> Iterator[str]:
    """Chinese characters in the middle of three rows, with spaces between them and figures as high as the rows."""
    pieces = re.findall(r"\d+|[!-/:-~]+|\S", text, re.ASCII)
    columns = [[f"{row} " for row in _piece(piece, width)] for piece in pieces]
    first = first_line(pieces, [cell_len(column[0]) for column in columns], width + 1)
    for line in (columns[:first], columns[first:]) if first else ():
        yield from map("".join, zip(*line, strict=True))


def _piece(piece: str, width: int) -> list[str]:
    """The three rows of a figure, or of a word or a character."""
    cells = " " * cell_len(piece)
    figure = large(piece, width) if piece.isdecimal() else []
    return [*half_blocks(["." * len(figure[0][0]), *figure[0]])] if figure else [cells, piece, cells]


def _band(line: Text, style: str, width: int) -> Text:
    """A row of that style from the left to the right end of the screen."""
    row = Text.assemble(" ", line)
    row.truncate(width, overflow="ellipsis", pad=True)
    row.stylize(style)
    return row


# The processes ---------------------------------------------------------------------------------------------------


def big_rows(
    run: RunState, rows: int, width: int, t: int, growing: bool, movement: Movement | None, plain: bool
) -> Drawn:
    """At most so many rows, four at least: for the processes that stand out; the rest is counted.

    The arguments are those of `process_rows`.
    """
    held, processes = holdings(run), in_order(run)

    def rank(group: Sequence[Process]) -> tuple[int, int]:
        return _rank(run, group[0], held, movement), -len(group)

    groups = folded(run, processes, len(processes), held, movement, rank)
    each = 4 if min(len(groups), FEWEST_TALL) * 4 <= rows else 3
    if len(groups) * each - 1 > rows:
        culprits = sum(1 for group in groups if rank(group)[0] <= CULPRIT)
        each = each if culprits * each <= rows - 1 else 2
        kept = sorted(groups, key=rank)[: max(1, (rows - 1) // each)]
        groups = [group for group in groups if group in kept]
    axis = axis_of(run, width, t, growing, steps=movement is not None and movement.closed)
    lanes = [lane_of(run, group[0], axis, t) for group in groups]
    marked, marks = movement is not None and movement.held, signs(movement, plain)
    lines: list[Text] = []
    for number, (group, lane) in enumerate(zip(groups, lanes, strict=True)):
        name = Text(row_name(names_of(group), NAME_CELLS), "strong")
        before = sign(marks, number, group).append(" ") if marked else Text()
        words = Text.assemble(before, name, "  ", row_words(run, group[0], held), style="strong")
        lines += [fitted(words, width), *_lane_lines(lane, max(1, each - 2), plain), *[Text()] * (each > 2)]
    drawn = {process.pid for group in groups for process in group}
    rest = [process for process in processes if process.pid not in drawn]
    lines = [*lines, fitted(counted_rest(run, rest, held), width)] if rest else lines[: len(groups) * each - (each > 2)]
    return Drawn(lines[:rows], [group[0].pid for group in groups], lanes)


def _rank(run: RunState, process: Process, held: Held, movement: Movement | None) -> int:
    """How much it stands out; 0: the most.

    Who does what is wrong comes before those who suffer from it, and main, which mostly waits for the others, is last.
    """
    died = failed(process.exit_code) or (not process.alive and process.pid in held)
    if died or any(mark[3] for mark in process.marks) or knowledge_words(run, process)[1] is Knowledge.ALARM:
        return 0
    if process.waiting is not None and process.waiting.stuck is not None:
        return 1 if process.pid in held else 2
    if movement is not None and process.pid in (movement.moved, movement.chosen, movement.next):
        return 3
    return 4 if process.pid in held else 6 if process.pid == run.main else 5


def _lane_lines(lane: Lane, rows: int, plain: bool) -> list[Text]:
    """The lane in one row or two; marks and names stand in the first."""
    return [lane_line(each, plain) for each in (lane, replace(lane, marks=[], stretches=[]))[:rows]]
