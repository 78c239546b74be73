"""Predict, then reveal: with --ask, and with the key `a`, in real runs in a real terminal."""

import json
from pathlib import Path

import pytest

from procsim.lessons import catalog
from tests.integration.conftest import House, Start
from tests.integration.terminal import ASKS, Terminal

ASKED = "1-3 predict"
"""The keys while a question with three answers stands."""

TOO_LATE = "it is too late to predict"


def recorded(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def whole(terminal: Terminal) -> str:
    """What stands on the screen, without line breaks."""
    return " ".join(" ".join(terminal.rows()).split())


def test_before_anybody_writes_people_are_asked_and_at_the_end_they_see_what_came(
    house: House, start: Start, tmp_path: Path
) -> None:
    file = tmp_path / "asked.jsonl"
    terminal = start("tickets", "--users", 10, "--no-lock", "--ask", "--record", file, rows=30)
    terminal.wait_for(ASKED)
    assert "Nobody has written yet. What number will the file hold in the end?" in whole(terminal)
    assert terminal.row("next: write to stock.txt")
    assert not terminal.row("stock 3 →")
    terminal.press("n", " ", "4", "3")  # neither a step nor a pause is an answer, and there is no fourth one
    assert terminal.wait_for_end() == 0
    assert "Predicted: -7. What happened: 2." in whole(terminal)
    lines = recorded(file)
    kinds = [line.get("kind") for line in lines]
    asked, made = kinds.index("prediction_asked"), kinds.index("prediction_made")
    writes = [line for line in lines[:asked] if line.get("kind") == "file_written"]
    assert [line["process"] for line in writes] == ["MainProcess"]
    assert lines[made]["answer"] == 3
    assert kinds[asked:].count("file_written") == 10
    done = house.run("replay", file, "--view", "plain")
    assert "predicted: -7" in done.stdout
    assert "Predicted: -7. What happened: 2." in done.stdout


def test_before_anybody_writes_to_a_value_people_are_asked(start: Start) -> None:
    terminal = start("tickets", "--store", "value", "--users", 10, "--no-lock", "--ask", rows=30)
    terminal.wait_for(ASKED)
    assert terminal.row("next: write to stock")
    terminal.press("2")
    assert terminal.wait_for_end() == 0
    assert "Predicted: 2. That is what happened." in whole(terminal)


@pytest.mark.parametrize("key", ["\x03", "q"])
def test_a_run_that_asks_can_be_ended(start: Start, key: str) -> None:
    terminal = start("daemon", "--ask")
    terminal.wait_for(ASKED)
    terminal.press(key)
    assert terminal.wait_for_end() == 130


def test_it_is_asked_again_when_the_run_is_and_the_other_way_has_a_question_of_its_own(start: Start) -> None:
    terminal = start("daemon", "--ask", "--child-seconds", 1)
    terminal.wait_for(ASKED)
    terminal.press("t")
    terminal.wait_for("The guard is no daemon")
    terminal.wait_for(ASKED)
    terminal.press("1")
    assert terminal.wait_for_end() == 0
    assert "Predicted: Main waits until it has said its last line. That is what happened." in whole(terminal)


def test_in_the_plain_view_the_answer_is_typed(start: Start) -> None:
    terminal = start("queue", "--view", "plain", "--ask", columns=120, rows=40)
    terminal.wait_for("Your prediction, 1 to 3, and Enter:")
    terminal.press("it waits\r")
    terminal.wait_for("Your prediction, 1 to 3, and Enter: it waits")
    terminal.press("3\r")
    assert terminal.wait_for_end() == 0
    assert "Predicted: It waits until there is room. That is what happened." in whole(terminal)


def test_without_an_answer_it_goes_on(start: Start) -> None:
    terminal = start("daemon", "--view", "plain", "--ask")
    terminal.wait_for("Your prediction")
    terminal.press("\x04")
    assert terminal.wait_for_end() == 0
    assert "Nothing was predicted. What happened: It is ended in the middle." in whole(terminal)


def one_of(house: House, terminal: Terminal, *words: str) -> str:
    """Wait until one of these words stands on the screen; the first row with one."""
    row: str = house.wait_until(lambda: next(filter(None, map(terminal.row, words)), ""))
    return row


def test_the_key_a_asks_in_a_run_that_has_begun_and_afterwards_it_is_too_late(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 10, "--no-lock", "--look", 1, "--think", 3)
    terminal.wait_for("user-2", "asleep")
    terminal.press("a")
    while TOO_LATE in (answer := one_of(house, terminal, ASKED, TOO_LATE, ASKS)) or ASKS in answer:
        terminal.press("r", "a")  # they had bought before the key was read: once more
        house.wait_until(lambda: not terminal.row(TOO_LATE) and not terminal.row(ASKS))
    terminal.press("a", "2")
    assert terminal.wait_for_end() == 0
    assert "Predicted: 2. That is what happened." in whole(terminal)
    terminal = start("daemon", "--main-seconds", 12, "--child-seconds", 12)
    terminal.wait_for("guard", "asleep")
    terminal.press("a")
    terminal.wait_for(TOO_LATE)
    terminal.press("q")
    assert terminal.wait_for_end() == 130


def test_where_there_is_no_question_the_key_a_says_so(start: Start) -> None:
    terminal = start("ipc", "--step")
    terminal.wait_for("MainProcess", "next:")
    terminal.press("a")
    terminal.wait_for("there is no question here")
    terminal.press("q")
    assert terminal.wait_for_end() == 130


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("id", "right"),
    [("D1", 2), ("D2", 1), ("M2", 1), ("M4", 2), ("M6", 2), ("M7", 3), ("Q2", 3), ("J1", 2), ("P3", 3), ("P5", 2)],
)
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_each_question_is_asked_in_time_and_its_answer_is_what_comes(
    start: Start, id: str, right: int, method: str
) -> None:
    (chapter,) = catalog.about(id)
    terminal = start(*chapter.lessons[0].asking.split(), "--start-method", method, rows=40)
    terminal.wait_for("predict   ? keys")
    terminal.press(str(right))
    assert terminal.wait_for_end() == 0
    assert "That is what happened." in whole(terminal)
