"""The picture of an exploration on a screen of a given size, while it goes on and when it is over.

    title · headline · how fast, what is open · a row for each kind of outcome, with its share as a bar
            the simplest way to what goes wrong; until there is one, the newest execution · keys

A pure function of what is known. Rows that do not fit are counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import ConsoleDimensions
from rich.text import Text

from procsim.explore.explorer import Budget
from procsim.explore.outcomes import Exploration, Kind, Outcome, is_right
from procsim.explore.schedule import Execution
from procsim.language import _
from procsim.views.base import clean
from procsim.views.explored import shown_steps, steps_that_matter
from procsim.views.explored_headline import count_of, counts_orders, extent_of, headline_of, pace_words
from procsim.views.text.order_words import (
    brief_words,
    cures_words,
    deciding_words,
    faults_words,
    step_words,
    uncontrolled_words,
)
from procsim.views.text.prose import Prose, wrapped
from procsim.views.text.rows import fitted
from procsim.views.text.way import Drawing, Way, way_of
from procsim.views.text.words import STYLES

SMALLEST = ConsoleDimensions(44, 13)
"""Below this there is room for the headline and the kinds alone."""

NAME_CELLS = 24
"""What a kind is called has at least so many cells: else its share is drawn as no bar."""

BAR_CELLS, PERCENT_CELLS = 40, 6

EXTENT_ROWS = 2

KIND_ROWS = 6
"""Of more kinds of outcome, the rest is counted, where the screen is not a high one."""


@dataclass(frozen=True)
class ExploredRequest:
    """What is to be drawn, beside what is known."""

    title: str = ""
    size: ConsoleDimensions = SMALLEST
    seconds: float = 0.0
    """Since the search began; before that, since procsim did."""
    budget: Budget = field(default_factory=Budget)
    plain_marks: bool = False
    """Whether the terminal has only ASCII."""
    starting: bool = False
    """Whether the program is still being imported."""
    over: bool = False
    """Whether nothing more comes."""
    chosen: int = 0
    """The number of the wrong kind, the simplest way to which is shown; 0 is the first."""
    newest: Execution | None = None
    """An execution that is shown where nothing is wrong."""
    again: Mapping[Kind, str] = field(default_factory=dict)
    """For kinds of outcome, the command that shows one again."""


def picture(found: Exploration, request: ExploredRequest) -> list[Text]:
    """As many lines as the screen has rows."""
    width, height = request.size
    top = [_title(found, request), *_headline(found, request)]
    keys = _keys(found, request)
    if width < SMALLEST.width or height < SMALLEST.height:
        rows = [*top, *_table(found, request, max(0, height - len(top) - 1))]
        rows = [*rows[: height - 1], *[Text()] * (height - 1 - len(rows)), keys]
        return [fitted(row, width) for row in rows]
    table = _table(found, request, max(KIND_ROWS, height // 4))
    extent = EXTENT_ROWS if len(top) + len(table) < height // 4 else 1
    words = [*extent_of(found)][:extent] if request.over else [_(" · ").join(pace_words(found))]
    pace = list(map(Text, words))
    notes = _notes(found, request)
    bottom = [*notes, Text(("-" if request.plain_marks else "─") * width, STYLES["faint"]), keys]
    free = height - len(top) - len(pace) - len(table) - len(bottom) - 2
    rows = [*top, *pace, Text(), *table, Text(), *_way(found, request, free)]
    rows += [Text()] * (height - len(rows) - len(bottom)) + bottom
    return [fitted(row, width) for row in rows]


def _headline(found: Exploration, request: ExploredRequest) -> list[Text]:
    """The headline, in one row or two: those of its two parts, where these fit."""
    headline, width = headline_of(found, request.over), request.size.width - 2
    parts = [headline.sentence]
    if cell_len(headline.sentence) > width and headline.rest and max(map(cell_len, headline[:2])) <= width:
        parts = [headline.head, headline.rest]
    lines = [line for part in parts for line in wrapped(Prose(part), width)][:2]
    longest = max(line.cell_len for line in lines)
    style = STYLES["alarm" if headline.alarm else "headline"]
    return [Text.assemble((f" {line.plain}{' ' * (longest - line.cell_len)} ", style)) for line in lines]


def _title(found: Exploration, request: ExploredRequest) -> Text:
    """The command on the left; how long it has taken, of how much, and what it does on the right."""
    budget, seconds = request.budget, f"{request.seconds:.1f} s"
    searching = not (request.starting or request.over or found.searched or found.sampled or found.explaining)
    if searching and budget.seconds is not None:
        seconds = _("{seconds:.1f} s of {all:.0f} s").format(seconds=request.seconds, all=budget.seconds)
    elif searching and budget.executions is not None:
        words = _("execution {number} of {all}, {seconds}")
        seconds = words.format(number=found.executions, all=budget.executions, seconds=seconds)
    right = Text.assemble(seconds, "  ", (_condition(found, request), "strong"))
    left = Text(clean(request.title), "strong")
    left.truncate(max(0, request.size.width - right.cell_len - 2), overflow="ellipsis", pad=True)
    return Text.assemble(left, "  ", right)


def _condition(found: Exploration, request: ExploredRequest) -> str:
    if request.over:
        return _("ended early") if found.interrupted else _("ended")
    if request.starting:
        return _("starting")
    if found.explaining or found.searched:
        return _("explaining")
    if found.sampled:
        return _("at random")
    return _("searching")


def _table(found: Exploration, request: ExploredRequest, rows: int) -> list[Text]:
    """A row for each kind of outcome: what it is, how many orders and executions, and its share as a bar."""
    width, plain = request.size.width, request.plain_marks
    kinds = [*found.wrong, *([found.right] if found.right is not None else [])]
    if not kinds:
        return []
    by_orders = counts_orders(found)
    head = [_("orders")] * by_orders + [_("executions")]
    values = [[f"{each.orders or 0:,}"] * by_orders + [f"{each.executions:,}"] for each in kinds]
    cells = [max(map(cell_len, column)) for column in zip(head, *values, strict=True)]
    bar, room = min(BAR_CELLS, width // 4), width - sum(cells) - 2 * len(cells)
    bar = bar if room - (bar + PERCENT_CELLS + 2) >= NAME_CELLS else 0
    room -= bar + PERCENT_CELLS + 2 if bar else 0
    all_of_them = sum(count_of(each, found) for each in kinds)
    lines = [Text(" " * room + _right(head, cells), STYLES["faint"])]
    for number, (outcome, figures) in enumerate(zip(kinds, values, strict=True), 1):
        name = _kind(number, outcome, found, request)
        name.truncate(room, overflow="ellipsis", pad=True)
        share = count_of(outcome, found) / all_of_them if all_of_them else 0.0
        line = name.append(_right(figures, cells))
        if bar:
            line.append("  ").append_text(_bar(share, bar, outcome.is_wrong, plain)).append(f"{_percent(share):>5}")
        lines.append(line)
    if len(lines) > max(2, rows):
        more = len(lines) - max(2, rows) + 1
        last = lines[-1:] if found.right is not None and rows > 3 else []
        lines = [*lines[: max(1, rows - 1 - len(last))], Text("  " + _("… and {count} more").format(count=more)), *last]
    return lines


def _right(values: Sequence[str], cells: Sequence[int]) -> str:
    return "".join("  " + " " * (each - cell_len(value)) + value for value, each in zip(values, cells, strict=True))


def _bar(share: float, cells: int, wrong: bool, plain: bool) -> Text:
    filled = max(1, round(share * cells)) if share else 0
    sign = ("#" if plain else "█") if wrong else ("=" if plain else "▒")
    return Text.assemble((sign * filled, "alarm.block" if wrong else STYLES["faint"]), " " * (cells - filled))


def _percent(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def _kind(number: int, outcome: Outcome, found: Exploration, request: ExploredRequest) -> Text:
    bad, unsure, good = ("!", "?", "ok") if request.plain_marks else ("▲", "△", "✔")
    several = len(found.wrong) > 1
    if not outcome.is_wrong:
        return Text.assemble("    " if several else "", (f"{good} ", STYLES["good"]), _("nothing was wrong"))
    chosen = number - 1 == _chosen(found, request)
    before = f"{'>' if chosen else ' '}{number if number <= 9 else ' '}  " if several else ""
    mark = unsure if outcome.is_flaky else bad
    alike = sum(brief_words(each) == brief_words(outcome) for each in found.wrong) > 1
    words = faults_words(outcome)[0] if alike else brief_words(outcome)
    return Text.assemble((before, STYLES["faint"]), (f"{mark} ", STYLES["bad"]), (words, "strong" if chosen else ""))


def _chosen(found: Exploration, request: ExploredRequest) -> int:
    return request.chosen if request.chosen < len(found.wrong) else 0


def _notes(found: Exploration, request: ExploredRequest) -> list[Text]:
    """What was not controlled, in one line."""
    unsure = "?" if request.plain_marks else "△"
    lines = []
    for each in [*found.uncontrolled][:1]:
        words = _("not controlled, so that its orders were not tried: {words}").format(words=uncontrolled_words(each))
        lines.append(Text.assemble((f"{unsure} ", STYLES["waiting"]), words))
    if len(found.uncontrolled) > 1:
        lines[0].append("  ").append(_("… and {count} more").format(count=len(found.uncontrolled) - 1))
    return lines


def _way(found: Exploration, request: ExploredRequest, rows: int) -> list[Text]:
    """The simplest way to the kind that is chosen; the newest execution, where nothing is wrong. In so many rows."""
    width, plain, newest = request.size.width, request.plain_marks, request.newest
    if not found.wrong:
        if newest is None:
            return []
        shown_as_right = request.over and is_right(newest)
        words = _("an execution that is right") if shown_as_right else _("the newest execution")
        drawing = Drawing(way_of(newest, steps_that_matter(newest, found)), width, plain)
        return [_way_head(words, drawing), *drawing.lines(rows - 1)][:rows]
    outcome = found.wrong[_chosen(found, request)]
    way = way_of(outcome.simplest, shown_steps(outcome, found), outcome)
    drawing = Drawing(way, width, plain)
    head = _way_head(_("the simplest way to it") if request.over else _("the simplest way to it so far"), drawing)
    below: list[Text] = []
    for lines in _below(found, outcome, way, request):
        if 1 + drawing.rows + len(below) + len(lines) <= rows or not below:
            below += lines
    sentences = _whole(faults_words(outcome), width, rows - 1 - drawing.rows - len(below))
    spare = rows - 1 - drawing.rows - len(below) - len(sentences)
    blank, before = [Text()] * (spare > 1 and bool(sentences)), [Text()] * (spare > 2)
    steps = drawing.lines(rows - 1 - len(below) - len(sentences) - len(blank) - len(before))
    return [*sentences, *blank, head, *steps, *before, *below][:rows]


def _way_head(words: str, drawing: Drawing) -> Text:
    lines_of = _("lines of {file}").format(file=clean(drawing.file)) if drawing.file else ""
    return Text.assemble((words, "strong"), "   ", (lines_of, STYLES["faint"]))


def _whole(sentences: Sequence[str], width: int, rows: int) -> list[Text]:
    """The first sentences that have room in so many rows."""
    lines: list[Text] = []
    for words in sentences:
        more = wrapped(Prose(words), width)
        if len(lines) + len(more) > rows:
            break
        lines += more
    return lines


def _below(found: Exploration, outcome: Outcome, way: Way, request: ExploredRequest) -> Iterator[list[Text]]:
    """What decides, how to see it again, and what would cure it: the lines of each."""
    width = request.size.width
    if not found.is_never_right and (pair := way.pair) is not None:
        words = _("what decides: {earlier} before {later}; the other way round, it is right")
        later = way.later or step_words(pair.thread, pair.later)
        yield wrapped(Prose(words.format(earlier=way.earlier, later=later), STYLES["bad"]), width)
    elif not found.is_never_right:
        for words in deciding_words(outcome):
            yield wrapped(Prose(words), width)
    if again := request.again.get(outcome.kind):
        yield [Text(_("to see it again: {command}").format(command=clean(again)))]
    for words in cures_words(outcome)[:1]:
        yield wrapped(Prose(_("cure: {words}").format(words=words), STYLES["cure"]), width)


def _keys(found: Exploration, request: ExploredRequest) -> Text:
    words = []
    if len(found.wrong) > 1:
        arrows = _("arrows, 1-9") if request.plain_marks else "↑↓ 1-9"
        words.append(_("{keys}: another of what goes wrong").format(keys=arrows))
    words.append(_("q done") if request.over else _("q stop, and show what is known"))
    return Text("   ".join(words), "faint")
