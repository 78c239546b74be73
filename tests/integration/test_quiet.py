"""`procsim watch` outside the live view: quiet unless something is wrong, and what CI learns of it."""

import json
import os
import re
import signal
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import PATIENCE_SECONDS, PROGRAMS, House

HEALTHY = """\
import sys
from multiprocessing import Process

def work():
    print('out of the child', flush=True)

if __name__ == '__main__':
    print('one', flush=True)
    child = Process(target=work)
    child.start()
    child.join()
    print('err', file=sys.stderr)
    print('two', end='')
    sys.exit(int(sys.argv[1]) if sys.argv[1:] else 0)
"""

FAILS = """\
from multiprocessing import Process

def work():
    raise ValueError('as ever'){comment}

if __name__ == '__main__':
    child = Process(target=work)
    child.start()
    child.join()
"""

LAST = re.compile(r"(\d+ process(?:es)?), (\d+ events?), (.*), \d+\.\d s")


def written(folder: Path, text: str, name: str = "program.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def last(stderr: str) -> str:
    """What the last line says of what is wrong."""
    found = LAST.fullmatch(stderr.splitlines()[-1])
    assert found, stderr
    return found[3]


def findings(path: Path) -> Any:
    return json.loads(path.read_text())


def test_of_a_healthy_program_there_is_one_line(house: House, tmp_path: Path) -> None:
    done = house.run("watch", written(tmp_path, HEALTHY), "7")
    assert done.stdout == "one\nout of the child\ntwo"
    err, line = done.stderr.splitlines()
    assert (err, last(line)) == ("err", "ended with exit code 7, nothing else wrong")
    assert done.returncode == 7


def test_all_lines_and_the_lanes_where_they_are_wanted(house: House, tmp_path: Path) -> None:
    program = written(tmp_path, HEALTHY)
    assert "started Process-1" in house.run("watch", "--view", "plain", program).stderr
    done = house.run("watch", "--summary", program)
    assert done.stdout == "one\nout of the child\ntwo"
    assert "started Process-1" not in done.stderr
    assert [line.split()[0] for line in done.stderr.splitlines()[2:4]] == ["MainProcess", "Process-1"]


def test_what_is_wrong_is_said_while_the_program_runs(house: House) -> None:
    process = house.start("watch", "--on-hang", "wait", PROGRAMS / "hangs" / "lock_twice.py")
    assert process.stderr is not None
    lines = [process.stderr.readline() for _number in range(3)]
    assert lines[0].startswith("▲ clerk waits at lock_twice.py:7 for account (made at lock_twice.py:17)")
    assert lines[0].endswith(" [lock_twice]\n")
    assert "do not acquire account again" in lines[1]
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=PATIENCE_SECONDS)
    assert "▲" not in rest
    assert last(rest) == "1 thing wrong, procsim ended it"
    assert process.returncode == 3


@pytest.mark.parametrize("comment", ["  # procsim: ok raised", "  # procsim: ok died"])
def test_a_finding_that_a_comment_accepts_is_counted(house: House, tmp_path: Path, comment: str) -> None:
    program, file = written(tmp_path, FAILS.format(comment=comment)), tmp_path / "findings.json"
    accepted = comment.endswith("raised")
    done = house.run("watch", "--findings", file, "--fail-on", "certain", program)
    assert ("▲" in done.stderr) is not accepted
    assert last(done.stderr) == ("1 accepted, nothing else wrong" if accepted else "1 thing wrong")
    assert done.returncode == (0 if accepted else 4)
    content = findings(file)
    assert (len(content["findings"]), len(content["accepted"])) == ((0, 1) if accepted else (1, 0))
    assert content["exit_code"] == done.returncode


def test_a_finding_in_another_file_of_the_program_is_accepted_there(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    written(folder, "def work():\n    # procsim: ok raised\n    raise ValueError\n", "deeds.py")
    main = "from multiprocessing import Process\nfrom parts.deeds import work\n"
    main += "if __name__ == '__main__':\n    child = Process(target=work)\n    child.start()\n    child.join()\n"
    done = house.run("watch", written(tmp_path, main))
    assert last(done.stderr) == "1 accepted, nothing else wrong"


def test_why_a_program_hangs_is_said_in_any_case(house: House, tmp_path: Path) -> None:
    program = (PROGRAMS / "hangs" / "lock_twice.py").read_text().splitlines()
    program[6] += "  # procsim: ok lock_twice"
    done = house.run("watch", written(tmp_path, "\n".join(program)))
    assert "▲ clerk waits at program.py:7" in done.stderr
    assert last(done.stderr) == "1 thing wrong, procsim ended it"
    assert done.returncode == 3


def test_a_recording_is_shown_briefly_with_what_was_accepted(house: House, tmp_path: Path) -> None:
    for comment, words in (("", "1 thing wrong"), ("  # procsim: ok raised", "1 accepted, nothing else wrong")):
        trace = tmp_path / "run.jsonl"
        house.run("watch", "--record", trace, written(tmp_path, FAILS.format(comment=comment)))
        done = house.run("replay", "--view", "brief", trace)
        assert last(done.stdout) == words
        assert ("▲" in done.stdout) is not comment.endswith("raised")


@pytest.mark.parametrize(
    ("program", "fail_on", "code"),
    [
        (HEALTHY, "certain", 0),
        (HEALTHY, "probable", 0),
        (FAILS.format(comment=""), "certain", 4),
        (FAILS.format(comment=""), "probable", 4),
        (FAILS.format(comment="") + "    raise SystemExit(5)\n", "certain", 5),
    ],
)
def test_the_exit_code_for_ci(house: House, tmp_path: Path, program: str, fail_on: str, code: int) -> None:
    assert house.run("watch", "--fail-on", fail_on, written(tmp_path, program)).returncode == code


def test_without_fail_on_the_exit_code_is_the_program_s(house: House, tmp_path: Path) -> None:
    assert house.run("watch", written(tmp_path, FAILS.format(comment=""))).returncode == 0


def test_the_findings_for_ci(house: House, tmp_path: Path) -> None:
    file = tmp_path / "findings.json"
    house.run("watch", "--findings", file, written(tmp_path, FAILS.format(comment="")))
    content = findings(file)
    (finding,) = content["findings"]
    assert (finding["id"], finding["certain"], finding["fault"]) == ("raised", True, True)
    assert finding["figures"]["at"] == "program.py:4"
    assert "ValueError: as ever" in finding["text"] and finding["cure"]
    assert (content["program"], content["exit_code"], content["processes"]) == ("program.py", 0, 2)
    assert content["seconds"] > 0 and content["events"] > 0


def test_the_file_of_findings_keeps_its_mode_and_its_link(house: House, tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    house.run("watch", "--findings", link, written(tmp_path, HEALTHY))
    assert link.is_symlink() and findings(real)["findings"] == []
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert {path.name for path in tmp_path.iterdir()} == {"real.json", "link.json", "program.py"}, "nothing is left"


def test_findings_may_go_to_a_pipe(house: House, tmp_path: Path) -> None:
    done = house.run("watch", "--findings", "/dev/stdout", written(tmp_path, "print('one')"))
    one, content = done.stdout.splitlines()
    assert (one, json.loads(content)["findings"]) == ("one", [])


def test_what_cannot_be_written_leaves_the_program_its_exit_code(house: House, tmp_path: Path) -> None:
    done = house.run("watch", "--findings", "/dev/full", written(tmp_path, HEALTHY), "3")
    assert "procsim: /dev/full: cannot be written" in done.stderr
    assert done.returncode == 3
    folder = tmp_path / "gone"
    folder.mkdir()
    program = written(tmp_path, f"import os\nos.rmdir({str(folder)!r})\n")
    done = house.run("watch", "--findings", folder / "findings.json", program)
    assert "findings.json: cannot be written" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fail-on", "sometimes"], "'sometimes' is not one of"),
        (["--findings", "{tmp}"], "is a folder"),
        (["--findings", "{tmp}/none/f.json"], "cannot be written: No such file or directory"),
        (["--summary", "--view", "json"], "--summary and --view json exclude each other"),
        (["--view", "shy"], "'shy' is not one of"),
    ],
)
def test_wrong_options_are_one_line(house: House, tmp_path: Path, options: list[str], words: str) -> None:
    program = written(tmp_path, "open('ran', 'w')")
    done = house.run("watch", *(option.format(tmp=tmp_path) for option in options), program)
    (line,) = done.stderr.splitlines()
    assert words in line
    assert (done.returncode, done.stdout) == (2, "")
    assert not os.path.exists("ran")


def test_a_lesson_is_shown_as_ever_and_briefly_where_that_is_wanted(house: House) -> None:
    assert "MainProcess" in house.run("daemon").stdout
    assert last(house.run("daemon", "--view", "brief").stdout) == "nothing wrong"


LOOP = """\
from multiprocessing import Lock, RLock

if __name__ == '__main__':
    for lock in (Lock(), RLock()):
        for _ in range(3_000):
            with lock:
                pass
"""


def test_what_is_done_again_and_again_is_counted_as_in_every_other_view(house: House, tmp_path: Path) -> None:
    program = written(tmp_path, LOOP)
    lines, _ = house.events("watch", program)
    brief = house.run("watch", program)
    found = LAST.fullmatch(brief.stderr.splitlines()[-1])
    assert found
    assert found[2] == f"{len(lines) - 1} events"  # the last line is the verdict
    assert len(lines) > 12_000
