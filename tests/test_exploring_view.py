"""The live view of an exploration: its picture, drawn from what is known, at each stage and in each size."""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions

from procsim import language
from procsim.command.exploring_shown import Shown
from procsim.explore.explorer import Budget, Explorer
from procsim.explore.outcomes import Exploration
from procsim.explore.schedule import CLAIM, FORBIDDEN, HANG, STOPPED, UNCAUGHT, Fault, Uncontrolled
from procsim.session.signals import Signals
from procsim.views.explored_headline import headline_of
from procsim.views.exploring import Progress
from procsim.views.live.explored import ExploredRequest, picture
from procsim.views.text.order_words import brief_words
from tests.exploring.model import ModelExecutor, Program
from tests.exploring.named import ab_ba, bounded_buffer, philosophers, tickets, tickets_emptied, two_races

NARROW, WIDE = ConsoleDimensions(80, 24), ConsoleDimensions(120, 40)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    language.choose("en")
    yield
    language.choose("en")


def explored(
    program: Program,
    budget: Budget | None = None,
    bound: int | None = None,
    progress: Callable[[Exploration], None] = lambda found: None,
) -> Exploration:
    return Explorer(ModelExecutor(program, 2), lambda: 0.0, budget or Budget(), bound, progress=progress).run()


def drawn(found: Exploration, size: ConsoleDimensions = NARROW, **request: Any) -> list[str]:
    """The picture. Whatever is drawn has one line for each row, and none is too wide."""
    lines = [line.plain for line in picture(found, ExploredRequest("procsim explore x", size, **request))]
    assert len(lines) == size.height
    assert all(cell_len(line) <= size.width for line in lines)
    return [line.rstrip() for line in lines]


TICKETS = """\
procsim explore x                                                   0.0 s  ended
 all 6 orders tried by 4 executions: in 4 oversold, 2 are right
only the order of the steps at count makes a difference
4 executions stand for all of them, since many orders end in the same way

                                  orders  executions
▲ oversold                             4           2  █████████████         67%
✔ nothing was wrong                    2           2  ▒▒▒▒▒▒▒               33%

oversold

the simplest way to it
     user-1                                user-2
► 1  reads count  model.py:1               │
  2  │                                     reads count  model.py:1
► 3  │                                     writes to count  model.py:3
  4  writes to count  model.py:3           │

what decides: 1 before 3; the other way round, it is right



────────────────────────────────────────────────────────────────────────────────
q done"""


def test_the_ticket_office_when_all_was_tried() -> None:
    assert "\n".join(drawn(explored(tickets(2)), over=True)) == TICKETS


def test_the_figures_move_while_it_goes_on() -> None:
    headlines: list[str] = []
    explored(tickets(2), progress=lambda found: headlines.append(headline_of(found, over=False).sentence))
    assert headlines[0] == "1 order so far, by 1 execution: nothing wrong yet"
    assert headlines[-1] == "all 6 orders tried by 4 executions: in 4 oversold, 2 are right"
    assert any(words.startswith("3 executions so far") or words.endswith("1 is right") for words in headlines)


def test_what_is_drawn_at_each_stage_fits_in_each_size() -> None:
    sizes = [NARROW, WIDE, ConsoleDimensions(44, 13), ConsoleDimensions(20, 5), ConsoleDimensions(60, 16)]

    def look(found: Exploration) -> None:
        for size in sizes:
            drawn(found, size, newest=found.latest, seconds=1.0)

    for program in (tickets(2), ab_ba(), two_races(), philosophers(3)):
        found = explored(program, Budget(20, None), progress=look)
        for size in sizes:
            drawn(found, size, over=True)
    for size in sizes:
        drawn(Exploration(), size)


def test_before_the_first_execution() -> None:
    lines = drawn(Exploration(), seconds=3.21, budget=Budget(seconds=60), starting=True)
    assert lines[0].endswith(" 3.2 s  starting")
    lines = drawn(Exploration(), seconds=3.21, budget=Budget(seconds=60))
    assert lines[0].endswith(" 3.2 s of 60 s  searching")
    assert lines[1] == " nothing was tried yet"


def test_how_much_of_the_budget_is_spent_and_what_is_open() -> None:
    seen: list[list[str]] = []
    budget = Budget(20, None)
    explored(
        philosophers(4),
        budget,
        progress=lambda found: seen.append(drawn(found, budget=budget, newest=found.latest)),
    )
    assert "execution 1 of 20, 0.0 s  searching" in seen[0][0]
    assert any("branches are open, still to be tried" in lines[2] for lines in seen)


def test_until_something_is_wrong_the_newest_execution_is_shown() -> None:
    seen: list[list[str]] = []
    explored(tickets(2, lock=True), progress=lambda found: seen.append(drawn(found, newest=found.latest)))
    assert "the newest execution" in seen[0]
    assert any("acquires lock" in line for line in seen[0])
    lines = drawn(explored(tickets(2, lock=True)), over=True)
    assert lines[1] == " all 2 orders are right, tried by 2 executions"


def test_in_a_hang_each_waits_in_its_column() -> None:
    lines = drawn(explored(ab_ba()), over=True)
    assert lines[1] == " all 6 orders tried by 3 executions: in 2 it hangs, 4 are right"
    (waits,) = [line for line in lines if "waits for B" in line]
    assert waits.startswith("►") and "waits for A" in waits
    names = lines[lines.index("the simplest way to it") + 1]
    assert waits.index("waits for B") == names.index("a") and waits.index("waits for A") == names.index("b")


def test_two_pairs_that_decide_together_are_told_in_words() -> None:
    text = " ".join(drawn(explored(two_races()), WIDE, over=True))
    assert "both the other way round, it is right" in text and "►" not in text


def test_that_nothing_decides_is_not_said_before_it_was_looked_for() -> None:
    seen: list[str] = []
    found = explored(tickets(2), progress=lambda found: seen.extend(drawn(found)))
    assert not [line for line in seen if "no one or two pairs" in line]
    found.wrong[0].pairs = []
    assert "no one or two pairs of steps decide" in drawn(found, over=True)
    found.wrong[0].explained = False
    assert "no one or two pairs of steps decide" not in drawn(found, over=True)


def test_of_several_kinds_the_one_that_is_chosen() -> None:
    found = explored(tickets_emptied(2))
    first, second = (drawn(found, WIDE, over=True, chosen=chosen) for chosen in (0, 1))
    assert any(line.startswith(">1  ▲ oversold") for line in first)
    assert any(line.startswith(">2  ▲ JSONDecodeError is raised") for line in second)
    assert "oversold" in first[10:] and "oversold" not in second[10:]
    assert first[-1] == "↑↓ 1-9: another of what goes wrong   q done"
    assert drawn(found, WIDE, over=True, chosen=7) == first


def test_in_a_window_without_room_the_last_steps_stay() -> None:
    found = explored(tickets_emptied(2))
    lines = drawn(found, ConsoleDimensions(80, 18), over=True)
    (before,) = [number for number, line in enumerate(lines) if "steps before" in line]
    assert "writes to file" in " ".join(lines[before:])


def test_where_columns_have_no_room_each_step_says_who_takes_it() -> None:
    lines = drawn(explored(philosophers(4), Budget(40, None)), ConsoleDimensions(60, 40), over=True)
    assert any(line.endswith("acquires fork-1 (model.py:1)") for line in lines)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"interrupted": True}, "6 orders tried by 4 executions, and not all: in 4 oversold, 2 are right"),
        ({"orders": None}, "all orders tried by 4 executions: in 2 oversold, 2 are right"),
        ({"orders": None, "interrupted": True}, "4 executions, and not all orders were tried: in 2 oversold, 2 are"),
    ],
)
def test_how_far_it_came(changes: Mapping[str, Any], words: str) -> None:
    assert headline_of(replace(explored(tickets(2)), **changes), over=True).sentence.startswith(words)


def test_right_is_said_only_where_it_is_known() -> None:
    found = explored(philosophers(5), Budget(8, None))
    assert headline_of(found, over=True).sentence == (
        "10 executions: nothing wrong was found; but not all orders were tried"
    )
    found = explored(tickets(2, lock=True))
    found.uncontrolled[Uncontrolled("socket", "", "work.py:3")] = 2
    lines = drawn(found, over=True)
    assert "not all that can differ was controlled" in lines[2]
    assert "△ not controlled, so that its orders were not tried: a socket (work.py:3)" in lines


def test_under_a_bound_executions_are_counted() -> None:
    found = explored(bounded_buffer(4, 2), bound=0)
    assert "orders" not in drawn(found, over=True)[1].split(":")[0]


def test_what_was_not_allowed() -> None:
    fault = Fault(FORBIDDEN, "connects to", "work.py:5", "user-1", figures={"name": "10.0.0.1"})
    headline = headline_of(Exploration(stopped=fault), over=True)
    assert headline.alarm
    assert headline.sentence == (
        "user-1 was about to connect to 10.0.0.1 (work.py:5): so nothing more was run; --allow allows it"
    )


def test_of_an_execution_that_was_stopped_nobody_waits_for_ever() -> None:
    hung = explored(ab_ba()).wrong[0].simplest
    found = Exploration(executions=1, stopped=Fault(FORBIDDEN, "connects to", figures={"name": "10.0.0.1"}))
    lines = drawn(found, over=True, newest=replace(hung, ended=STOPPED, faults=()))
    assert "the newest execution" in lines and not [line for line in lines if "waits" in line]


def test_the_brief_words_of_what_goes_wrong() -> None:
    outcome = explored(tickets(2)).wrong[0]

    def brief(fault: Fault) -> str:
        return brief_words(replace(outcome, simplest=replace(outcome.simplest, faults=(fault,))))

    assert brief(Fault(CLAIM, "oversold", brief="a ticket is sold twice")) == "a ticket is sold twice"
    assert brief(Fault(HANG, figures={"finding": "lock_cycle"})) == "there is a deadlock"
    assert brief(Fault(HANG, figures={"finding": "get_nobody_puts"})) == "it hangs"
    assert brief(Fault(UNCAUGHT, "KeyError", figures={"text": "'user'"})) == "KeyError is raised"


def test_a_terminal_without_signs_gets_others() -> None:
    signs = set("▲△✔►│█▒─↑↓")
    found = explored(tickets_emptied(2))
    assert signs & set("".join(drawn(found, over=True)))
    assert not signs & set("".join(drawn(found, over=True, plain_marks=True)))


def test_in_chinese() -> None:
    language.choose("zh", scenario=True)
    text = "\n".join(drawn(explored(tickets(2)), over=True))
    assert "用户1" in text and "user-1" not in text and "executions" not in text


def test_nothing_that_commands_a_terminal_comes_from_the_program() -> None:
    found = explored(tickets(2))
    simplest = found.wrong[0].simplest
    operation = simplest.steps[0].operation._replace(object="\x1b[2J", at="\x1b]0;x\x07:1")
    step = simplest.steps[0]._replace(operation=operation, value="\x1b[31m")
    fault = Fault(CLAIM, "\x1b", text="\x1b", brief="\x1b")
    found.wrong[0].simplest = replace(simplest, steps=[step, *simplest.steps[1:]], faults=(fault,))
    assert "\x1b" not in "".join(drawn(found, over=True))


def test_a_view_that_fails_is_left_out_and_a_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    shown = Shown(Progress(Console(file=stream, force_terminal=True), "procsim explore x"), Signals())
    with shown:
        stream.close()
        found = explored(tickets(2), progress=lambda found: shown.look())
    assert found.tried_all
    shown.complain()
    assert "the view has failed" in capsys.readouterr().err
