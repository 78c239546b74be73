"""procsim as the first process of a container: its PID is 1, and its session, which began outside, is 0 there."""

import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from tests.conftest import START_METHODS
from tests.integration.conftest import PATIENCE_SECONDS, PROCSIM, PROGRAMS, House

CONTAINER = ["unshare", "--fork", "--pid", "--mount-proc"]

ALLOWED = shutil.which("unshare") and not subprocess.run([*CONTAINER, "true"], capture_output=True).returncode

pytestmark = pytest.mark.skipif(not ALLOWED, reason="no PID namespace may be made here: `unshare --pid` needs root")

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(house: House) -> Start:
    def start(*arguments: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*CONTAINER, *PROCSIM, *map(str, arguments)],
            env=house.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    return start


def ended(process: "subprocess.Popen[str]") -> tuple[list[dict[str, Any]], int]:
    output, errors = process.communicate(timeout=2 * PATIENCE_SECONDS)
    assert errors == "" or "resource_tracker" in errors
    return [json.loads(line) for line in output.splitlines()], process.returncode


@pytest.mark.parametrize("method", START_METHODS)
def test_a_hang_is_explained_and_ended(start: Start, method: str) -> None:
    program = PROGRAMS / "hangs" / "lock_twice.py"
    lines, code = ended(start("watch", "--view", "json", "--start-method", method, program))
    assert [finding["id"] for finding in lines[-1]["findings"]] == ["lock_twice"]
    assert code == 3


def test_a_lesson_shows_what_it_states(start: Start) -> None:
    lines, code = ended(start("tickets", "--view", "json", "--no-lock", "--users", 3))
    assert all(claim["holds"] for claim in lines[-1]["claims"])
    assert code == 0


def test_what_is_orphaned_does_not_outlive_the_run(start: Start, house: House) -> None:
    program = house.folder / "orphan.py"
    program.write_text(
        "import os, time\n"
        "if not os.fork():\n"
        "    if not os.fork():\n"
        "        time.sleep(3600)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    lines, code = ended(start("watch", "--view", "json", program))
    assert [finding["id"] for finding in lines[-1]["findings"]] == ["left_behind"]
    assert code == 0


def test_sigterm_ends_it(start: Start) -> None:
    process = start("watch", "--view", "json", "--on-hang", "wait", PROGRAMS / "hangs" / "lock_twice.py")
    assert process.stdout is not None
    for text in process.stdout:
        if json.loads(text)["kind"] == "finding":
            break
    (first,) = psutil.Process(process.pid).children()
    first.send_signal(signal.SIGTERM)
    assert ended(process)[1] == 128 + signal.SIGTERM
