"""The picture of a run on a screen of a given size.

    title · headline · circle · processes with their lanes · locks, queues … · legend · what happened · keys
                       and the code, if it is asked for: beside all that, or above what happened

A pure function of the state. Rows that do not fit are counted; none is left out silently.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

from rich.console import ConsoleDimensions, Group, RenderableType
from rich.text import Text

from procsim import Headline
from procsim.findings.base import from_fields
from procsim.findings.probable import suspicions
from procsim.language import _
from procsim.state.run_state import RunState
from procsim.state.timeline import Lane
from procsim.views.base import Verdict, clean
from procsim.views.live.big import big_headline, big_rows
from procsim.views.live.circle import circle_lines
from procsim.views.live.code import Source, pane
from procsim.views.live.conclusion import Conclusion, alarm, conclusion, main_point, whole_conclusion
from procsim.views.live.headline import headline_of
from procsim.views.live.keys import Keys
from procsim.views.live.process_rows import process_rows
from procsim.views.live.question import question_lines
from procsim.views.live.things import shared_cells, thing_count, thing_lines
from procsim.views.text.gauges import gauges_line
from procsim.views.text.lanes import legend
from procsim.views.text.prose import Prose, wrapped
from procsim.views.text.rows import fitted
from procsim.views.text.words import STYLES, counted_states, event_style, event_words, holdings
from procsim.views.wishes import Movement

SENTENCE_CHARACTERS = 2_000
"""Of a sentence that are looked at; a printed line may be as long as the program likes, and is cut to the width."""

SENTENCES = 3

FEWEST_ROWS = 3
"""The axis, a process, and how many more there are."""

ROOM_FOR_CIRCLE = 10
"""Rows from which on a circle of waits is drawn."""

BESIDE_FROM = 100
"""From so many columns on, the code stands beside the rows, and has as many lines as there are from the headline to the
keys: so the places of all processes have room. With more than two fifths of the columns, rows lose what processes know;
with less, most lines of code are cut. In a narrower window the code stands under the rows.
"""

BETWEEN, PLAIN_BETWEEN = " │ ", " | "

BIG_SENTENCE_ROWS = 3

BIG_KEYS_CELLS = 44

FEWEST_BIG_ROWS = 4
"""A process with its lane, a blank row, and how many more there are."""

SMALLEST = ConsoleDimensions(44, 13)
"""Below this there is no room for rows of processes."""


@dataclass(frozen=True)
class ScreenRequest:
    """What is to be drawn, beside the state of the run."""

    title: str = ""
    size: ConsoleDimensions = SMALLEST
    t: int = 0
    """ns since the start."""
    plain_marks: bool = False
    """Whether the terminal has only ASCII."""
    headline: Callable[[RunState], Headline | None] | None = None
    """The scenario's own headline."""
    asking: bool = True
    """Whether people are asked what to do with a program that hangs."""
    over: bool = False
    """Whether the run has ended, and its last picture stands."""
    verdict: Verdict | None = None
    """What it has shown, once it has ended."""
    page: int = 0
    """Which page of all that it has shown stands there instead of the picture; 0: none."""
    movement: Movement | None = None
    """None: it is a recording."""
    keys: Keys = field(default_factory=Keys)
    help: bool = False
    """Whether all keys are explained instead."""
    message: str = ""
    """Shown above the keys."""
    source: Source | None = None
    """The code that is shown with it."""
    big: bool = False
    """Whether it is for the back row: less, and larger. Where code is shown, there is no room for that."""
    code_lines: Sequence[int] = ()
    """The lines of the code on the last picture: they stay while all processes stand in them."""


class ScreenLayout(NamedTuple):
    """What stands where on the picture."""

    rows: Sequence[int] = ()
    """The PIDs of the rows of processes, from top to bottom."""
    code_lines: Sequence[int] = ()
    """The lines of the code that are shown."""
    cut: bool = False
    """Whether there is more of the verdict than there is room for, or another page of it."""


def screen(run: RunState, request: ScreenRequest) -> tuple[RenderableType, ScreenLayout]:
    """The picture of the run; where it hangs, with the reason. And what stands where on it."""
    big = _big(run, request) if request.big and request.source is None and not request.help else None
    if big is not None:
        return big
    size, plain = request.size, request.plain_marks
    layout = ScreenLayout(code_lines=request.code_lines)
    top = [_title(run, request), *_headline(run, request)]
    keys = request.keys.line(size.width, plain)
    if size.width < SMALLEST.width or size.height < SMALLEST.height:
        short = [*top[:2], *(question_lines(run, size.width) or _short(run, size))][: size.height]
        if request.over:  # else people would not know what has come of it, and how to go on
            short = [*[*top[:1], *_telling(run, request, []).lines][: size.height - 1], keys]
        return Group(*short), layout
    if request.page and request.verdict is not None:
        return _page(request, top[0], keys), layout._replace(cut=_pages(request) > request.page)
    if request.help:
        rule = _rule(size.width, plain)
        return Group(top[0], rule, *request.keys.page(size.width, size.height - 4), rule, keys), layout
    beside = request.source is not None and size.width >= BESIDE_FROM
    width = size.width * 3 // 5 if beside else size.width
    for circle in (circle_lines(run, width, plain), []):
        telling, cut = _telling(run, request, circle)
        bottom = [*telling, *([_message(request)] if request.message else []), keys]
        sentences = 0 if telling else SENTENCES if size.height < 30 else 2 * SENTENCES
        free = size.height - len(top) - sentences - len(bottom) - 2  # the legend and the rule
        code_rows = max(0, min(free // 2, free - FEWEST_ROWS)) if request.source is not None and not beside else 0
        if not circle or free - code_rows >= ROOM_FOR_CIRCLE:
            break
    if free < FEWEST_ROWS:  # a long question, of which people must see every answer
        top = top[: max(1, size.height - len(bottom))]
        return Group(*top, *bottom[: size.height - len(top) - 1], keys), layout._replace(cut=cut)
    middle, lanes, pids = _middle(run, request, circle, free - code_rows, width)
    blank = free - code_rows - len(middle)
    sentences += max(0, min(SENTENCES, blank - 2)) if telling else 0
    middle += [Text()] * (size.height - len(top) - len(middle) - code_rows - sentences - len(bottom) - 2)
    middle += [legend(lanes, False, width, plain), _rule(width, plain)]
    happened = _sentences(run, sentences, width)
    code_rows = len(middle) + len(happened) if beside else code_rows
    code, numbers = _code(run, request, code_rows, size.width - width - len(BETWEEN) if beside else width)
    rows = _side_by_side([*middle, *happened], code, width, plain) if beside else [*middle, *code, *happened]
    return Group(*top, *rows, *bottom), ScreenLayout(pids, numbers, cut)


def _big(run: RunState, request: ScreenRequest) -> tuple[RenderableType, ScreenLayout] | None:
    """The picture for the back row; None: there is no room for it."""
    (width, height), plain = request.size, request.plain_marks
    if width < SMALLEST.width:
        return None
    circle = circle_lines(run, width, plain, places=False)
    sentence, alarming = headline_of(run, request.headline)
    top = [_title(run, request), *big_headline(sentence, alarming, width, height * 2 // 5, plain), Text()]
    telling, cut = _telling(run, request, circle)
    if run.question is None:  # of which people must see every answer
        telling = telling[:BIG_SENTENCE_ROWS]
    bottom = [*(telling or _sentences(run, 1, width, bare=True))]
    bottom += [_message(request)] if request.message else []
    bottom.append(request.keys.line(min(width, BIG_KEYS_CELLS), plain))
    free = height - len(top) - len(bottom) - 1  # the legend
    if free < FEWEST_BIG_ROWS:
        return None
    things = 0 if circle or free < 2 * FEWEST_BIG_ROWS else min(1, thing_count(run))
    circle = [*circle, Text()] if circle and free - len(circle) > FEWEST_BIG_ROWS else []
    room = free - len(circle) - 2 * things
    drawn = big_rows(run, room, width, request.t, not request.over, request.movement, plain)
    objects = [Text(), *thing_lines(run, 1, width, plain)] if things else []
    middle = [*circle, *drawn.lines, *objects]
    middle += [Text()] * (free - len(middle)) + [legend(drawn.lanes, False, width, plain)]
    return Group(*top, *middle, *bottom), ScreenLayout(drawn.pids, request.code_lines, cut)


def _rule(width: int, plain: bool) -> Text:
    return Text(("-" if plain else "─") * width, STYLES["faint"])


def _code(run: RunState, request: ScreenRequest, rows: int, width: int) -> tuple[list[Text], Sequence[int]]:
    """The code in so many rows, and the numbers of its lines; nothing, where it is not asked for."""
    if request.source is None:
        return [], request.code_lines
    movement = request.movement
    whose = (movement.chosen or movement.next or movement.moved) if movement else None
    return pane(request.source, run, whose, rows, width, request.code_lines, request.plain_marks)


def _side_by_side(left: Sequence[Text], right: Sequence[Text], width: int, plain: bool) -> list[Text]:
    """The rows of the one, of so many cells, and those of the other."""
    rows = []
    for line, beside in zip_longest(left, right[: len(left)], fillvalue=Text()):
        row = line.copy()
        row.truncate(width, overflow="ellipsis", pad=True)
        rows.append(row.append(PLAIN_BETWEEN if plain else BETWEEN, STYLES["faint"]).append_text(beside))
    return rows


def _middle(
    run: RunState, request: ScreenRequest, circle: Sequence[Text], rows: int, width: int
) -> tuple[list[Text], list[Lane], list[int]]:
    """The circle, the processes and the objects, in at most so many rows; the lanes in them, and the PIDs by row."""
    plain = request.plain_marks
    free = rows - len(circle)
    # One object at the least; more where all processes have a row, or share one.
    reserved = min(thing_count(run), max(1, free - len(run.processes) - 1)) if free > 4 and not circle else 0
    drawn = process_rows(run, max(2, free - reserved), width, request.t, not request.over, request.movement, plain)
    free -= len(drawn.lines)
    objects = [] if circle else thing_lines(run, free, width, plain)
    # What a program notes of a file, it may note a moment after the file has changed, which is shown itself.
    noted = run.gauges and not shared_cells(run)
    gauges = [fitted(gauges_line(run, plain), width)] if noted and free > len(objects) else []
    blank = rows - len(circle) - len(drawn.lines) - len(objects) - len(gauges)
    above, between = [Text()] * (blank > 0), [Text()] * (blank > 1)
    lines = [*above, *circle, *(between if circle else []), *drawn.lines]
    lines += [*between, *objects, *gauges] if objects or gauges else []
    return lines, drawn.lanes, drawn.pids


def _title(run: RunState, request: ScreenRequest) -> Text:
    """The command on the left; how the run moves and how far it is on the right."""
    words, style = _condition(run, request)
    right = Text.assemble((f"{request.t / 1e9:.1f} s", ""), "  ", (words, style))
    left = Text(clean(request.title), "strong")
    left.truncate(max(0, request.size.width - right.cell_len - 2), overflow="ellipsis", pad=True)
    return fitted(Text.assemble(left, "  ", right), request.size.width)


def _condition(run: RunState, request: ScreenRequest) -> tuple[str, str]:
    """Whether it runs, stands, hangs or has ended."""
    movement = request.movement
    if run.found:
        return _("HANGS"), STYLES["alarm"]
    if request.over:
        return _("ended"), "strong"
    if movement is None or not movement.closed:
        return _("running"), "strong"
    if movement.pace is not None:
        pace = f"{movement.pace:.2g}"
        return (_("1 step a second") if pace == "1" else _("{pace} steps a second").format(pace=pace)), "badge"
    if movement.steps:
        return _("PAUSED after step {number}").format(number=movement.steps), "badge"
    return _("PAUSED"), "badge"


def _headline(run: RunState, request: ScreenRequest) -> list[Text]:
    """What it is about, in one or two lines."""
    sentence, alarming = headline_of(run, request.headline)
    text = Prose(f" {sentence} ", STYLES["alarm" if alarming else "headline"])
    return wrapped(text, request.size.width)[:2]


def _short(run: RunState, size: ConsoleDimensions) -> list[Text]:
    """For a window without room for rows of processes: how many do what."""
    rows = [Text(words) for words, _style in counted_states(run, run.processes.values(), holdings(run))]
    return [fitted(row, size.width) for row in rows[: max(0, size.height - 3)]]


def _message(request: ScreenRequest) -> Text:
    return fitted(Text(request.message, STYLES["waiting"]), request.size.width)


def _telling(run: RunState, request: ScreenRequest, circle: Sequence[Text]) -> Conclusion:
    """What stands above the keys: the verdict, the question, or why it hangs; empty: the last things that happened do.

    `circle`: the circle of waits, where it is drawn.
    """
    width, plain = request.size.width, request.plain_marks
    most = max(SENTENCES, request.size.height // 4)
    if request.verdict is not None:
        if request.big:
            return main_point(request.verdict, width, plain)
        return conclusion(request.verdict, most, width, plain, bool(circle))
    found = [from_fields(event.fields) for event in run.found] or [*suspicions(run)]
    shown = bool(found) and (request.asking or not (run.found or request.over))
    if question := question_lines(run, width):
        return Conclusion(question, False)
    if not shown:
        return Conclusion([], False)
    told = bool((circle and found[0].id == "lock_cycle") or (request.big and found[0].cure))
    return Conclusion(alarm(found, most, width, plain, told), False)


def _pages(request: ScreenRequest) -> int:
    """How many pages it takes to show all that the run has shown."""
    return -(-len(_whole(request)) // _page_rows(request))


def _page(request: ScreenRequest, title: Text, keys: Text) -> Group:
    """A page of all that the run has shown, instead of the picture."""
    rows, rule = _page_rows(request), _rule(request.size.width, request.plain_marks)
    lines = _whole(request)[(request.page - 1) * rows :][:rows]
    return Group(title, rule, *lines, *[Text()] * (rows - len(lines)), rule, keys)


def _page_rows(request: ScreenRequest) -> int:
    return request.size.height - 4  # the title, two rules and the keys


def _whole(request: ScreenRequest) -> list[Text]:
    verdict = request.verdict
    return whole_conclusion(verdict, request.size.width, request.plain_marks) if verdict is not None else []


def _sentences(run: RunState, count: int, width: int, bare: bool = False) -> list[Text]:
    """The last things that happened, in so many lines, the newest at the bottom: when, who, what, where.

    `bare`: who and what alone.
    """
    happened = list(run.happened)[-count:] if count else []
    lines = [Text()] * (count - len(happened))
    for event in happened:
        words = (event_words(event, run) or "")[:SENTENCE_CHARACTERS]
        who = clean(event.process)
        line = Text.assemble(
            ("" if bare else f"{event.t / 1e9:>6.2f}  ", STYLES["faint"]),
            (f"{who} " if who else "", "strong"),
            (words, event_style(event)),
            (f"  {clean(event.at)}" if event.at and not bare else "", STYLES["faint"]),
        )
        lines.append(fitted(line, width))
    return lines
