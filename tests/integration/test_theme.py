"""The theme as people choose it: by the option, by the environment, or not at all."""

import re
import shlex

import pexpect
import pytest
import typer

from procsim.command import commands
from tests.integration.conftest import PATIENCE_SECONDS, PROCSIM, House

FAINT = {"dark": "38;5;248m", "light": "38;5;240m"}


@pytest.mark.parametrize(
    ("arguments", "variables", "faint"),
    [
        (("explain", "M1", "--theme", "light"), {"PROCSIM_THEME": "dark"}, FAINT["light"]),
        (("--theme", "dark", "explain", "M1"), {"COLORFGBG": "0;15"}, FAINT["dark"]),
        (("explain", "M1"), {"PROCSIM_THEME": "dark", "TERM": "xterm"}, FAINT["dark"]),
        (("explain", "M1"), {"PROCSIM_THEME": "dark", "NO_COLOR": "1"}, None),
        (("explain", "M1"), {"PROCSIM_THEME": "dark", "TERM": "vt100"}, None),
        (("explain", "M1", "--theme", "mono"), {}, None),
    ],
)
def test_a_page_has_the_colours_of_its_theme(
    house: House, arguments: tuple[str, ...], variables: dict[str, str], faint: str | None
) -> None:
    environment = house.environment | {"TERM": "xterm-256color"} | variables
    command = shlex.join([*PROCSIM, *arguments])
    written = str(pexpect.run(command, timeout=PATIENCE_SECONDS, env=environment, encoding="utf-8"))
    assert "\x1b[1m" in written, "bold"
    assert faint in written if faint else not re.search(r"\x1b\[[\d;]*[34]8", written)


def test_a_wrong_theme_is_one_line(house: House) -> None:
    done = house.run("explain", "M1", "--theme", "blue")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    house.environment["PROCSIM_THEME"] = "blue"
    done = house.run("explain", "M1")
    assert done.returncode == 2
    assert done.stderr == "procsim: PROCSIM_THEME must be one of dark, light, mono, not blue\n"


def test_every_command_takes_a_theme() -> None:
    named = typer.main.get_command(commands.app).commands  # type: ignore[attr-defined]
    without = [name for name, each in named.items() if "theme" not in {parameter.name for parameter in each.params}]
    assert without == ["run"], "its options are those of a scenario"
