"""The answer of an exploration, as text, as JSON, and while it goes on."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from procsim import language
from procsim.explore.explorer import Budget, Explorer
from procsim.explore.outcomes import Exploration
from procsim.explore.schedule import (
    EXIT_CODE,
    FORBIDDEN,
    HANG,
    UNCAUGHT,
    Diverged,
    Execution,
    Fault,
    Operation,
    Step,
    Touch,
    Uncontrolled,
)
from procsim.state.operations import OPERATIONS
from procsim.views.explored import explored_lines, print_explored
from procsim.views.explored_json import write_explored
from procsim.views.exploring import Progress, progress_lines
from procsim.views.text.order_words import fault_words, numbered_step, step_words, told, uncontrolled_words
from tests.exploring.model import ModelExecutor, Program
from tests.exploring.named import ab_ba, bounded_buffer, philosophers, tickets, tickets_emptied, two_races


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    language.choose("en")
    yield
    language.choose("en")


def explored(program: Program, budget: Budget | None = None, bound: int | None = None) -> Exploration:
    return Explorer(ModelExecutor(program, 2), lambda: 0.0, budget or Budget(), bound).run()


def test_of_no_execution_nothing_is_said() -> None:
    text = text_of(Exploration(None, 0, interrupted=True))
    assert text.splitlines()[0].endswith(": no execution came to its end")
    assert text.splitlines()[-1] == "nothing is known yet"


def text_of(exploration: Exploration, again: str = "") -> str:
    stream = io.StringIO()
    commands = dict.fromkeys(exploration.outcomes, again)
    print_explored(Console(file=stream, width=200), "procsim explore x", exploration, commands)
    return stream.getvalue()


TICKETS = """\
procsim explore x: all 6 orders of the steps at count were tried, in 0 µs
the order of all other steps makes no difference
4 executions stand for all of them, since many orders end in the same way
7 further executions explain what goes wrong
▲ in 4 of 6 orders: oversold
  the simplest way to it that was found:
    1. user-1 reads count (model.py:1)
    2. user-2 reads count (model.py:1)
    3. user-2 writes to count (model.py:3)
    4. user-1 writes to count (model.py:3)
  what decides: user-1 reads count (model.py:1) before user-2 writes to count (model.py:3); with these two \
the other way round, it is right
  to see it again: procsim tickets --schedule d/1.jsonl
✔ in 2 of 6 orders: nothing was wrong
1 thing can go wrong
"""


def test_the_ticket_office() -> None:
    assert text_of(explored(tickets(2)), "procsim tickets --schedule d/1.jsonl") == TICKETS


def test_all_orders_are_right() -> None:
    lines = text_of(explored(tickets(2, lock=True))).splitlines()
    assert lines[0] == "procsim explore x: all 2 orders of the steps at lock were tried, in 0 µs"
    assert lines[-2:] == ["✔ in 2 of 2 orders: nothing was wrong", "all orders are right"]


def test_of_54_orders_36_sell_a_ticket_twice() -> None:
    text = text_of(explored(tickets_emptied(2)))
    assert "in 36 of 54 orders: oversold" in text
    assert "in 8 of 54 orders: user-" in text
    assert "in 10 of 54 orders: nothing was wrong" in text
    assert text.splitlines()[-1] == "2 things can go wrong"


def test_who_waits_for_what_in_a_hang() -> None:
    lines = text_of(explored(ab_ba())).splitlines()
    assert "▲ in 2 of 6 orders: it hangs: nobody can go on" in lines
    assert "       a waits for B (model.py:2)" in lines
    assert "       b waits for A (model.py:2)" in lines


def test_what_goes_wrong_in_every_order() -> None:
    waits = Program({"a": [("acquire", "lock"), ("acquire", "lock")]})
    lines = text_of(explored(waits)).splitlines()
    assert "▲ in the only order: it hangs: nobody can go on" in lines
    assert not [line for line in lines if "decide" in line]
    assert lines[-1] == "it goes wrong in every order"


def test_two_pairs() -> None:
    assert "both the other way round, it is right" in text_of(explored(two_races()))


def test_a_budget_that_was_spent() -> None:
    text = text_of(explored(philosophers(5), Budget(8, None)))
    assert "2 of the executions were at random (--seed 0)" in text
    assert "known branches were not tried" in text
    assert "in 10 of 10 executions: nothing was wrong" in text
    assert text.splitlines()[-1] == "nothing wrong was found; but not all orders were tried"


def test_a_bound() -> None:
    text = text_of(explored(bounded_buffer(4, 2), bound=0))
    assert "every order with at most 0 preemptions was tried, and no other" in text
    assert "all orders are right" not in text


def test_what_was_not_controlled_is_said_with_its_place() -> None:
    found = explored(tickets(2, lock=True))
    found.uncontrolled[Uncontrolled("socket", "", "work.py:3")] = 2
    text = text_of(found)
    assert "△ not controlled, so that its orders were not tried: a socket (work.py:3)" in text
    assert "all orders are right" not in text
    assert text.splitlines()[-1] == "nothing wrong was found; but not all that can differ was controlled"


def test_what_differs_from_run_to_run() -> None:
    found = explored(tickets(2, lock=True))
    found.diverged.append(Diverged(2, "a: file_read x", "a: file_read y"))
    text = text_of(found)
    assert "step 3 was a: file_read x, and now is a: file_read y" in text
    assert text.splitlines()[-1] == "nothing wrong was found; but not all orders were tried"


def test_what_did_not_go_wrong_again() -> None:
    found = explored(tickets(2))
    found.wrong[0].again = 1
    text = text_of(found)
    assert "△ in 4 of 6 orders: oversold" in text
    assert "flaky: of 3 times that the same steps were taken again, it went wrong so in 1" in text
    assert text.splitlines()[-1] == "what went wrong did not go wrong each time"


def test_what_was_not_allowed() -> None:
    found = Exploration(stopped=Fault(FORBIDDEN, "connects to", "work.py:5", "user-1", figures={"name": "10.0.0.1"}))
    words = "▲ user-1 was about to connect to 10.0.0.1 (work.py:5): so nothing more was run; --allow allows it"
    assert words in text_of(found).splitlines()


def test_nothing_that_commands_a_terminal_comes_from_the_program() -> None:
    found = explored(tickets(2))
    step = found.wrong[0].simplest.steps[0]
    operation = step.operation._replace(object="\x1b[2J", at="\x1b]0;x\x07:1")
    execution = found.wrong[0].simplest
    found.wrong[0].simplest = replace(
        execution, steps=[step._replace(operation=operation, value="\x1b[31m"), *execution.steps[1:]]
    )
    found.uncontrolled[Uncontrolled("\x1b[1m", "\x1b", "\x1b")] = 1
    assert "\x1b" not in text_of(found, "procsim \x1b")
    stream = io.StringIO()
    write_explored(stream, "x", found, {})
    assert "\x1b" not in stream.getvalue()


def test_the_words_of_faults() -> None:
    execution = Execution([], {}, exit_code=-9)
    raised = Fault(UNCAUGHT, "KeyError", "work.py:2", "worker", figures={"text": "'user'"})
    assert fault_words(raised, execution) == "worker raised KeyError: 'user' (work.py:2)"
    assert fault_words(Fault(EXIT_CODE, "-9", figures={"code": -9}), execution) == "the program was ended by SIGKILL"
    assert fault_words(Fault(EXIT_CODE, "3", figures={"code": 3}), execution) == "the program ended with exit code 3"


def test_why_it_hangs_and_what_would_cure_it_where_that_is_known() -> None:
    text, cure = "{process} waits for {object}", "release {object}"
    found = explored(ab_ba())
    outcome = found.wrong[0]
    why = Fault(HANG, text=text, figures={"process": "a", "object": "B"}, cure=cure)
    outcome.simplest = replace(outcome.simplest, faults=(why,))
    lines = text_of(found).splitlines()
    number = lines.index("▲ in 2 of 6 orders: it hangs: a waits for B")
    assert lines[number + 1] == "  release B"


def test_the_words_of_steps() -> None:
    operation = Operation("file_read", (Touch("file t", "read"),), "tickets.txt", "tickets.py:29")
    step = Step("user-2", operation, frozenset({"user-2"}), {}, value="1")
    assert numbered_step(step) == "user-2 reads tickets.txt: 1 (tickets.py:29)"
    waited = step._replace(operation=operation._replace(kind="queue_got", object="q"), value="", gave_up=True)
    assert numbered_step(waited) == "user-2 takes an item from q, in vain (tickets.py:29)"
    assert step_words("a", operation._replace(kind="something_else")) == "a: something_else"


def test_what_is_done_again_and_again_is_told_once_with_how_often() -> None:
    put = Step("a", Operation("queue_put", (), "q", "work.py:5"), frozenset(), {}, value="1")
    got = Step("b", Operation("queue_got", (), "q", "work.py:9"), frozenset(), {})
    steps = [put, put._replace(value="2"), put, got, got]
    assert [(each.number, each.words) for each in told(steps)] == [
        (1, "a puts an item into q (work.py:5), 3 times"),
        (4, "b takes an item from q (work.py:9)"),
        (5, "b takes an item from q (work.py:9)"),
    ]
    assert [(each.number, each.times) for each in told(steps * 2, lambda number: number == 7)] == [
        *((1, 3), (4, 1), (5, 1)),
        *((6, 1), (7, 1), (8, 1), (9, 1), (10, 1)),
    ], "a step that decides stands by itself"


def test_each_operation_that_is_a_step_has_words() -> None:
    for operation in OPERATIONS:
        if operation.next and operation.done is not None:
            words = step_words("user-1", Operation(operation.done.kind, (), "thing"))
            assert words.startswith("user-1 "), operation


def test_in_chinese() -> None:
    language.choose("zh", scenario=True)
    text = text_of(explored(tickets(2)))
    assert "▲ 6 种顺序中有 4 种：oversold" in text  # noqa: RUF001 - Chinese punctuation is meant
    assert "1. 用户1 读取 count（model.py:1）" in text  # noqa: RUF001 - Chinese punctuation is meant
    assert uncontrolled_words(Uncontrolled("socket")) == "套接字"


def test_json() -> None:
    found, stream = explored(tickets(2)), io.StringIO()
    write_explored(stream, "procsim explore x", found, dict.fromkeys(found.outcomes, "again"))
    line = json.loads(stream.getvalue())
    assert (line["executions"], line["orders"], line["tried_all"], line["all_right"]) == (4, 6, True, False)
    (wrong,) = line["wrong"]
    assert wrong["faults"][0]["id"] == "oversold"
    assert [step["thread"] for step in wrong["steps"]] == ["user-1", "user-2", "user-2", "user-1"]
    assert wrong["steps"][0]["at"] == "model.py:1"
    ((pair,),) = wrong["decides"]
    assert (pair["earlier"]["operation"], pair["later"]["operation"]) == ("value_read", "value_written")
    assert wrong["command"] == "again"
    assert line["right"] == {"executions": 2, "orders": 2}


def test_a_terminal_without_signs_gets_others() -> None:
    heads = {head.plain for head, _text in explored_lines("x", explored(tickets(2)), {}, plain_marks=True)}
    assert {"! ", "[ok] "} <= heads


def seen_by(progress: Progress) -> Callable[[Exploration], None]:
    def look(found: Exploration) -> None:
        progress.know(found)
        progress.look()

    return look


def test_what_is_known_so_far_is_drawn_on_a_terminal_and_taken_away() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system=None)
    clock = iter(range(1_000))
    with Progress(console, "procsim explore x", lambda: float(next(clock))) as progress:
        explorer = Explorer(ModelExecutor(tickets(2)), lambda: 0.0, progress=seen_by(progress))
        explorer.run()
    assert "1 order so far, by 1 execution: nothing wrong yet" in stream.getvalue()
    lines = [text.plain for _head, text in progress_lines("x", explorer.exploration, False)]
    assert "in 4 of 6 orders: oversold" in lines


def test_elsewhere_nothing_is_drawn_while_it_goes_on() -> None:
    stream = io.StringIO()
    with Progress(Console(file=stream), "x", lambda: 0.0) as progress:
        Explorer(ModelExecutor(tickets(2)), lambda: 0.0, progress=seen_by(progress)).run()
    assert stream.getvalue() == ""
