"""Odd values of the program's, and faults of our own: neither ends a program, or changes what it does."""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.conftest import with_one_of
from tests.integration.conftest import PATIENCE_SECONDS, PROGRAMS, House

ODD = PROGRAMS / "healthy" / "odd_values.py"


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def test_odd_values_change_nothing(house: House, tmp_path: Path) -> None:
    trace = tmp_path / "odd.jsonl"
    done = subprocess.run([sys.executable, ODD], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True)
    plain = house.run("watch", "--view", "plain", "--record", trace, ODD)
    unnumbered = re.compile(r" at 0x\w+")
    assert unnumbered.sub("", plain.stdout) == unnumbered.sub("", done.stdout)
    assert plain.returncode == 0
    assert "▲" not in plain.stderr
    in_json = house.run("watch", "--view", "json", ODD)
    again = house.run("replay", "--view", "json", trace)
    assert (in_json.returncode, again.returncode) == (0, 0)
    for text in (in_json.stdout, again.stdout, trace.read_text()):
        lines = [json.loads(line, parse_constant=refuse) for line in text.splitlines()]
        assert {"<complex>", "<ellipsis>", "<nan>"} <= {str(line.get("timeout")) for line in lines}


PROGRAM = """
import sys, time
from multiprocessing import Lock

lock = Lock()
for number in range(300):
    with lock:
        print("line", number)
print("careful", file=sys.stderr)
open(sys.argv[1], "w").write("whole")
sys.exit(7)
"""

FAILS = """
import sys
from procsim import {module}

count = 0

def fails(*arguments, **options):
    global count
    count += 1
    if count > 3:
        raise IndexError("nobody has thought of this")
    return real(*arguments, **options)

real = {module}.{name}
{module}.{name} = fails
sys.argv[0] = "procsim"
from procsim.__main__ import main
main()
"""


FAULTY = (
    ("session.player", "apply"),
    ("views.text.plain", "event_words"),
    ("views.jsonl", "to_json"),
    ("recording.recorder", "to_json"),
    ("control.conductor", "Conductor.tick"),
    ("session.shown", "findings"),
)


@pytest.mark.parametrize(("module", "name", "view"), with_one_of(FAULTY, ("json", "plain")))
def test_a_fault_of_ours_does_not_end_the_program(
    house: House, tmp_path: Path, view: str, module: str, name: str
) -> None:
    program, ours, left = tmp_path / "program.py", tmp_path / "ours.py", tmp_path / "left"
    program.write_text(PROGRAM)
    package, _, last = module.rpartition(".")
    text = FAILS.format(module=last, name=name).replace(
        "from procsim import", f"from {'.'.join(['procsim', package]).rstrip('.')} import"
    )
    ours.write_text(textwrap.dedent(text) if name != "findings" else text.replace("count > 3", "True"))
    arguments = ["--view", view, "--record", tmp_path / "trace.jsonl", program, left]
    command = [sys.executable, str(ours), "watch", *map(str, arguments)]
    done = subprocess.run(
        command,
        env=house.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    assert "Traceback" not in done.stderr
    assert left.read_text() == "whole", "the program has come to its end"
    concerned = {"views.text.plain": view == "plain", "views.jsonl": view == "json"}.get(module, True)
    assert done.stderr.count("nobody has thought of this") == concerned
    assert done.returncode == 7
    printed = "".join(json.loads(line).get("text", "") for line in done.stdout.splitlines() if line.startswith("{"))
    output = done.stdout + done.stderr + printed
    for line in [*(f"line {number}\n" for number in range(300)), "careful\n"]:
        assert line in output


@pytest.mark.parametrize(
    ("view", "module", "name"),
    [
        ("plain", "views.text.plain", "event_words"),
        ("plain", "views.compare", "print_summary"),
        ("json", "views.jsonl", "to_json"),
        ("plain", "session.compared", "findings"),
    ],
)
def test_a_fault_of_ours_ends_no_run_that_is_compared(
    house: House, tmp_path: Path, view: str, module: str, name: str
) -> None:
    package, _, last = module.rpartition(".")
    text = FAILS.format(module=last, name=name).replace("from procsim import", f"from procsim.{package} import")
    ours = tmp_path / "ours.py"
    ours.write_text(text.replace("count > 3", "True"))
    done = subprocess.run(
        [sys.executable, str(ours), "ipc", "--compare", "--view", view],
        env=house.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    assert "and the run went on without it" in done.stderr
    assert done.stderr.count("nobody has thought of this") == 1
    assert done.returncode == 0


@pytest.mark.parametrize("options", [[], ["--pace", "20/s"], ["--step"]], ids=["freely", "pace", "step"])
def test_where_the_screen_fails_the_terminal_is_given_back(house: House, tmp_path: Path, options: list[str]) -> None:
    program, ours, left = tmp_path / "program.py", tmp_path / "ours.py", tmp_path / "left"
    program.write_text(PROGRAM.replace("range(300):", "range(30):\n    time.sleep(0.05)"))
    ours.write_text(
        FAILS.format(module="view", name="screen").replace("procsim import", "procsim.views.live import", 1)
    )
    child: Any = pexpect.spawn(
        sys.executable,
        [str(ours), "watch", "--view", "live", *options, str(program), str(left)],
        env=house.environment | {"TERM": "xterm-256color"},
        dimensions=(30, 100),
        timeout=PATIENCE_SECONDS,
        encoding="utf-8",
    )
    child.expect(pexpect.EOF)
    child.close()
    shown = child.before
    assert child.exitstatus == 7
    assert left.read_text() == "whole"
    assert [shown.count(f"line {number}\r\n") for number in range(30)] == [1] * 30
    assert shown.rfind("\x1b[?1049l") > shown.rfind("\x1b[?1049h")
    assert shown.count("nobody has thought of this") == 1 and "Traceback" not in shown
