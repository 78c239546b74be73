"""What `procsim watch` reads of its command line without typer."""

import pytest
import typer

from procsim.command import commands
from procsim.command.announced import plain_program


@pytest.mark.parametrize("module", ["", "-m "])
@pytest.mark.parametrize("program", ["a.py", "a.py --view json", "-- a -- b", "-- -m a", "a -m", "a --help", "-- --"])
def test_a_program_without_options_is_what_typer_reads(module: str, program: str) -> None:
    watch = typer.main.get_command(commands.app).get_command(None, "watch")  # type: ignore[attr-defined]
    words = (module + program).split()
    read = watch.make_context("watch", [*words]).params
    assert plain_program(words) == ([*read["command"]], read["module"])


@pytest.mark.parametrize(
    "line", ["", "--", "-m", "-m --", "--help", "--view json a.py", "--view=json a.py", "-m --big a", "-x a"]
)
def test_all_else_is_left_to_typer(line: str) -> None:
    assert plain_program(line.split()) is None
