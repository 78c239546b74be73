"""Text that is not ours, in every view, page, error and pane: nothing in it reaches a terminal that this obeys."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import pexpect
import pytest

from procsim.harmless import COMMANDS
from tests.integration.conftest import PATIENCE_SECONDS, PROCSIM, House

HOSTILE = (
    "\x1b]52;c;ZXZpbA==\x07\x1b[5;8mblink\x1b[3J\x9b31m\u202egnp.exe\u2066\u061c\u200b\u2060\ufeff\U000e0041\x85\x08"
)
"""It would copy into the clipboard, hide text, empty the scrollback, and turn writing round."""

_COLOUR = r"(?:0|[1-4]|7|[39][0-79]|4[0-79]|[34]8;5;\d+)"
OURS = re.compile(
    rf"\x1b\[(?:{_COLOUR}(?:;{_COLOUR})*)?m|\x1b\[\d*[AK]|\x1b\[(?:\d+;1)?H|\x1b\[2?J"
    r"|\x1b\[\?(?:25|1049|7|2004|2026|1)[hl]|\r\n|\n|\r"
)
"""Colours, movements of the cursor, the screen taken and given back, a frame begun and ended."""

SCENARIO = f'''"""{HOSTILE} a title"""
# {HOSTILE}
import os, sys, tempfile
from multiprocessing import Lock, Process, Queue
from typing import Annotated, Literal
from procsim import Claim, Way, note, say, start

EVIL = {HOSTILE!r}
OTHER_WAY = {{"fails": True}}

def work(queue, lock):  # {HOSTILE}
    with lock:  # {HOSTILE}
        queue.put(EVIL)
        say(EVIL + "{{left}}", left=EVIL)
        note(**{{EVIL: EVIL}})
        print(EVIL)
        print(EVIL, file=sys.stderr)
    open(os.path.join(tempfile.gettempdir(), EVIL), "w").close()
    raise ValueError(EVIL)

def main(
    fails: Annotated[bool, EVIL] = False,
    kind: Annotated[Literal["a", {HOSTILE!r}], EVIL] = "a",
    word: Annotated[str, EVIL] = EVIL,
):
    queue, lock = Queue(), Lock()
    workers = [Process(target=work, args=(queue, lock), name=EVIL + str(number)) for number in range(2)]
    for worker in workers:
        # in a comment: {HOSTILE}
        worker.start()
    for worker in workers:
        queue.get()
        worker.join()
    if fails:
        Queue().get()

def claims(run, **options):
    yield Claim(EVIL, True, EVIL + " {{figure}}", {{"figure": EVIL, EVIL: EVIL}})

def ways(**options):
    yield Way("one " + EVIL, {{}})
    yield Way("two " + EVIL, {{"kind": EVIL}})

def compared(runs, **options):
    yield Claim("C", False, EVIL, {{}})

if __name__ == "__main__":
    start(main)
'''


def left(text: str) -> set[str]:
    """What a terminal would obey in it, beyond what is ours."""
    rest = OURS.sub("", text)
    return set(re.findall(f"[{COMMANDS}]", rest)) | {each for each in rest if unicodedata.category(each) == "Cc"}


@pytest.fixture
def scenario(house: House) -> Path:
    """A scenario of a stranger's, in a file that is called so."""
    path = house.folder / f"evil {HOSTILE.replace('/', '')}.py"
    path.write_text(SCENARIO)
    return path


@pytest.fixture
def recording(house: House, scenario: Path) -> Path:
    path = house.folder / f"{HOSTILE}.jsonl"
    assert house.run("run", scenario, "--record", path).returncode == 0
    text = path.read_text()
    assert not left(text)
    path.write_text(text.replace('"scenario":"evil', '"scenario":"\\u001b]52;c;eA==\\u0007evil'))
    return path


@pytest.mark.thorough
def test_no_view_no_page_and_no_error_hands_it_on(house: House, scenario: Path, recording: Path) -> None:
    evil = HOSTILE
    broken = house.folder / f"broken{HOSTILE}.py"
    broken.write_text(f'"""{HOSTILE}"""\nx is 1 {HOSTILE}\n')
    raises = house.folder / f"raises{HOSTILE}.py"
    raises.write_text(f"x = 1 is 1  # {HOSTILE}\nraise ValueError({HOSTILE!r})\n")
    cut = house.folder / f"cut{HOSTILE}.jsonl"
    cut.write_text(recording.read_text()[:-300])
    newer = house.folder / f"newer{HOSTILE}.jsonl"
    newer.write_text('{"procsim": "\\u001b]52;c;eA==\\u0007", "schema": 9, "scenario": "\\u009bx"}\n')
    commands: list[list[Any]] = [
        *(["run", scenario, "--view", view] for view in ("plain", "json")),
        *(["run", scenario, "--view", view, "--compare"] for view in ("plain", "json")),
        *(["run", scenario, "--fails", "--timeout", 20, "--view", view] for view in ("plain", "json")),
        *(["replay", recording, "--view", view] for view in ("plain", "json")),
        *(["watch", "--view", view, "--on-hang", "stop", scenario] for view in ("json",)),
        ["run", scenario, "--help"],
        ["run", scenario, f"--{evil}"],
        ["run", scenario, "--kind", evil + "x"],
        ["run", scenario, "--pace", evil],
        ["run", scenario, evil],
        ["run", broken],
        ["run", raises],
        ["run", house.folder / f"no{evil}.py"],
        ["watch", evil],
        ["explain", evil],
        ["show", evil],
        ["show", "tickets", "--copy", house.folder / f"copy{evil}.py"],
        ["show", "tickets", "--copy", recording],
        [evil],
        ["replay", house.folder / evil],
        ["replay", cut, "--view", "plain"],
        ["replay", newer],
        ["replay", recording, "--lang", evil],
        ["tickets", "--schedule", recording],
        ["tickets", "--schedule", newer],
        ["tickets", "--record", house.folder / "no" / evil],
        ["run", scenario, "--schedule", recording],
        ["run", scenario, "--word", "other", "--schedule", recording],
    ]
    for command in commands:
        done = house.run(*command)
        assert not left(done.stdout + done.stderr), (command, done.stdout[-500:], done.stderr[-500:])
        assert "Traceback" not in done.stderr, command
        assert done.stdout or done.stderr


def written(house: House, keys: str, *arguments: object, columns: int = 120) -> str:
    """All that the live view writes, while these keys are pressed, one after another frame."""
    child: Any = pexpect.spawn(
        PROCSIM[0],
        [*PROCSIM[1:], *map(str, arguments)],
        env=house.environment | {"TERM": "xterm-256color"},
        dimensions=(50, columns),
        timeout=PATIENCE_SECONDS,
        encoding="utf-8",
        codec_errors="surrogateescape",
    )
    text = ""
    for key in keys:
        ended = child.expect([r"\x1b\[\?2026l", r"\x1b\[\?1049l|q done"])
        text += child.before + child.after
        child.send("q" if ended else key)
        if ended:  # a key that changes nothing on the last picture would lead to no frame
            break
    while child.isalive() or child.before:
        if child.expect(["q done|THE END", pexpect.EOF]) == 0:
            text += child.before + child.after
            child.send("q")
        else:
            text += child.before
            break
    child.close()
    return text


@pytest.mark.thorough
@pytest.mark.parametrize("columns", [60, 120])
def test_no_live_view_and_no_pane_hands_it_on(house: House, scenario: Path, recording: Path, columns: int) -> None:
    shown = written(house, "c nnnnnnnnnnn?? ", "run", scenario, "--pace", "5/s", columns=columns)
    assert "in a comment" in shown, "the code was shown"
    assert not left(shown)
    assert not left(written(house, "", "run", scenario, "--compare", columns=columns))
    assert not left(written(house, "?", "replay", recording, "--speed", "0.5", columns=columns))
    assert not left(written(house, "", "watch", "--on-hang", "stop", scenario, columns=columns))
