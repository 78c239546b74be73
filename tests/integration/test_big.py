"""--big on a real terminal: of a lesson, of a program that is watched, of a recording."""

from pathlib import Path

import pytest

from tests.integration.conftest import PROGRAMS, House, Start


@pytest.mark.parametrize("of", ["lesson", "watch", "replay"])
def test_what_it_is_about_stands_in_large_letters(house: House, start: Start, tmp_path: Path, of: str) -> None:
    trace = tmp_path / "trace.jsonl"
    if of == "replay":
        house.run("deadlock", "--record", trace)
    lesson, watched, replayed = ("daemon", "--no-daemon"), ("watch", PROGRAMS / "long_run.py"), ("replay", trace)
    commands: dict[str, tuple[object, ...]] = {"lesson": lesson, "watch": watched, "replay": replayed}
    name, *arguments = commands[of]
    terminal = start(name, "--big", *arguments)
    house.wait_until(lambda: sum({*row} <= {*"▀▄█ "} and bool(row) for row in terminal.rows()) >= 3)
    assert not any(".py:" in row for row in terminal.rows())
    terminal.press("q")
    terminal.wait_for_end()


def test_ways_that_are_compared_have_no_large_picture(house: House) -> None:
    done = house.run("tickets", "--compare", "--big")
    assert done.returncode == 2
    assert done.stderr.startswith("procsim: --big ") and done.stderr.count("\n") == 1
