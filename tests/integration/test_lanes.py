"""The lanes as people see them, of real processes: while they run, and when they are done."""

import re

from tests.integration.conftest import House, Start
from tests.integration.terminal import Terminal


def lane(terminal: Terminal, name: str) -> str:
    """What stands in the lane of a process: in its last row, which is that of the summary once there is one."""
    rows = (
        row
        for row in reversed(terminal.rows())
        if row.startswith(f"{name} ") and " waited " not in row and "%" not in row
    )
    return next((row[15:] for row in rows), "")


def test_the_live_view_draws_lanes_as_the_run_goes_on(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 3, "--think", 0.5, columns=100, rows=40)
    house.wait_until(lambda: any(re.fullmatch(r"\s+[\d.]+ s\s.*[\d.]+ s", row) for row in terminal.rows()))
    terminal.wait_for("░mutex░")
    house.wait_until(lambda: any("█" in lane(terminal, f"user-{number}") for number in (1, 2, 3)))
    assert terminal.wait_for_end() == 0
    lanes = [lane(terminal, f"user-{number}") for number in (1, 2, 3)]
    assert all("█" in each for each in lanes)
    assert "░user-1░" in lane(terminal, "MainProcess")
    assert "█ holds a lock" in terminal.row("─ runs")


def test_the_plain_view_shows_them_under_the_run(house: House) -> None:
    done = house.run("prodcons", "--make", 0.05, "--eat", 0.05)
    rows = done.stdout.splitlines()
    head = next(number for number, row in enumerate(rows) if row.startswith("prodcons: "))
    legend = next(number for number, row in enumerate(rows) if "items queued" in row)
    lanes = rows[head + 1 : legend + 1]
    assert [row.split()[0] for row in lanes[1:3]] == ["MainProcess", "consumer-Ming"]
    assert lanes[-2].startswith("dishes 0-")
    assert max(map(len, lanes)) <= 78
    assert re.fullmatch(r"MainProcess waited .* s of its .* s.* for .*", rows[legend + 1])


def test_in_ascii(house: House) -> None:
    house.environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = house.run("tickets", "--users", 3, "--think", 0.3)
    assert "mutex:" in done.stdout
    assert "# holds a lock" in done.stdout
    assert done.stdout.isascii()
