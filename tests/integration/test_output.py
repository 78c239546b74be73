"""What a program prints and what procsim writes: nothing lost, nothing obeyed, nothing mixed up."""

import json
import re
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import House, Start

STRANGE = r"""
import os, sys
os.write(1, b"raw \x1b[31mred\x1b[0m [red]markup[/red]\n")
os.write(1, "中文".encode("gbk") + b"\n")
print("\x1b]0;title\x07\x1b[2Jcleared [bold]x[/bold] 中文")
sys.stdout.flush()
os.system("echo from a shell")
sys.stderr.write("to stderr\n")
print("partial", end="", flush=True)
print(" rest")
sys.stdout.buffer.write(b"no line end")
"""


def scenario(tmp_path: Path, body: str) -> Path:
    """A scenario of one's own with that body in its main."""
    path = tmp_path / "own.py"
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    path.write_text(f"'''Own.'''\nfrom procsim import note, say, start\ndef main():\n{lines}\n" + GUARD)
    return path


GUARD = "if __name__ == '__main__':\n    start(main)\n"


def test_all_that_a_program_prints_arrives_in_the_json_view(house: House, tmp_path: Path) -> None:
    lines, done = house.events("run", scenario(tmp_path, STRANGE))
    assert done.returncode == 0
    assert done.stderr == ""
    printed = "".join(line["text"] for line in lines if line["kind"] == "printed")
    for text in (
        "raw \x1b[31mred\x1b[0m [red]markup[/red]\n",
        "中文\n",
        "\x1b]0;title\x07\x1b[2Jcleared [bold]x[/bold] 中文\n",
        "from a shell\n",
        "to stderr\n",
        "partial",
        " rest\n",
        "no line end",
    ):
        assert text in printed
    by_stream = {line["stream"] for line in lines if line["kind"] == "printed" and "to stderr" in line["text"]}
    assert by_stream == {"stderr"}


def test_the_plain_view_obeys_nothing_that_a_program_prints(house: House, tmp_path: Path) -> None:
    done = house.run("run", scenario(tmp_path, STRANGE), "--view", "plain")
    assert "\x1b" not in done.stdout and "\x07" not in done.stdout
    for text in ("raw red [red]markup[/red]", "中文", "cleared [bold]x[/bold] 中文", "from a shell", "no line end"):
        assert text in done.stdout


@pytest.mark.parametrize("view", ["plain", "json"])
def test_a_program_that_prints_much_loses_nothing(house: House, tmp_path: Path, view: str) -> None:
    body = "for number in range(20_000):\n    print(number, 'x' * 500)"
    done = house.run("run", scenario(tmp_path, body), "--view", view)
    assert done.returncode == 0
    if view == "json":
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        text = "".join(line["text"] for line in lines if line["kind"] == "printed")
        assert text == "".join(f"{number} {'x' * 500}\n" for number in range(20_000))
    else:
        assert re.findall(r"(\d+) x{500}\b", done.stdout) == [str(number) for number in range(20_000)]


def test_a_terminal_of_another_encoding_gets_what_it_can_show(house: House) -> None:
    for encoding in ("ascii", "gbk", "latin-1"):
        house.environment["PYTHONIOENCODING"] = encoding
        done = house.run("tickets", "--users", "2", "--think", "0.1", "--lang", "zh", encoding=encoding)
        assert done.returncode == 0
        assert done.stderr == ""


def test_no_colour_where_it_is_no_terminal(house: House) -> None:
    done = house.run("tickets", "--users", "2", "--think", "0.1")
    assert "\x1b" not in done.stdout
    assert "M2" in done.stdout


def test_a_recording_is_replayed_as_it_was_shown(house: House, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    shown, _ = house.events("tickets", "--users", "3", "--no-lock", "--think", "0.2", "--record", trace)
    recorded = [json.loads(line) for line in trace.read_text().splitlines()]
    assert recorded[0]["schema"] == 1
    assert recorded[0]["scenario"] == "tickets"
    assert recorded[0]["options"]["users"] == 3
    assert recorded[1:] == shown
    replayed, done = house.events("replay", trace)
    assert done.returncode == 0
    assert replayed == shown
    plain = house.run("replay", trace, "--view", "plain")
    assert "too many" in plain.stdout


def test_a_seed_makes_the_random_numbers_of_each_process_the_same_again(house: House, tmp_path: Path) -> None:
    path = tmp_path / "dice.py"
    path.write_text(
        "import random\n"
        "from multiprocessing import Process\n"
        "from procsim import say, start\n"
        "def roll():\n"
        "    say('rolled', number=random.randrange(10**9))\n"
        "def main():\n"
        "    roll()\n"
        "    for name in ('a', 'b'):\n"
        "        child = Process(target=roll, name=name)\n"
        "        child.start()\n"
        "        child.join()\n" + GUARD
    )

    def rolled(*options: str) -> list[int]:
        lines, _ = house.events("run", path, *options)
        return [line["fields"]["number"] for line in lines if line["kind"] == "said"]

    for method in ("fork", "spawn", "forkserver"):
        first = rolled("--seed", "7", "--start-method", method)
        assert len(set(first)) == 3
        assert rolled("--seed", "7", "--start-method", method) == first
        assert rolled("--seed", "8", "--start-method", method) != first


def test_watch_leaves_output_input_and_exit_code_alone(house: House, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("import sys\nprint(sys.argv[1:])\nprint('careful', file=sys.stderr)\nsys.exit(7)\n")
    done = house.run("watch", script, "--users", "3", "-x")
    assert done.stdout == "['--users', '3', '-x']\n"
    assert done.stderr.startswith("careful\n")
    assert done.returncode == 7


LEAVES_LINES_UNFINISHED = """
import sys
from multiprocessing import Lock
lock = Lock()
for done in ("50%|#####     |", "60%|######    |", "x", "70%|#######   |" + 58 * "-", "80%|########  |" + 59 * "-"):
    sys.stderr.write("\\r" + done)
    sys.stderr.flush()
    lock.acquire()
    lock.release()
print("", end="finished\\n", file=sys.stderr)
lock.acquire()
"""


def test_a_line_of_ours_is_not_put_behind_an_unfinished_one_of_the_programs(start: Start, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(LEAVES_LINES_UNFINISHED)
    terminal = start("watch", "--view", "plain", "--pace", "20/s", program, columns=72, rows=50)
    assert terminal.wait_for_end() == 0
    rows = terminal.rows()
    ours = [row for row in rows if "MainProcess" in row and " lock" in row]
    assert len(ours) == 11
    for row in ours:
        assert re.match(r" *\d+\.\d{3}  MainProcess", row)
    assert any(row.startswith("80%|########  |") for row in rows), "it stays"


PRINTS_BESIDE_ITS_EVENTS = """
import os
from multiprocessing import Lock, Process
def work(lock):
    for number in range(200):
        with lock:
            os.write(1, b"raw %d\\n" % number)
if __name__ == "__main__":
    lock = Lock()
    children = [Process(target=work, args=(lock,)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
"""


def test_no_list_of_events_goes_back_in_time(house: House, tmp_path: Path) -> None:
    program, trace = tmp_path / "program.py", tmp_path / "trace.jsonl"
    program.write_text(PRINTS_BESIDE_ITS_EVENTS)
    lines, done = house.events("watch", "--record", trace, program)
    assert done.returncode == 0
    times = [line["t"] for line in lines if "t" in line]
    assert len(times) > 4 * 200 * 2
    assert times == sorted(times)
    recorded = [json.loads(line) for line in trace.read_text().splitlines()]
    assert [line["t"] for line in recorded if "t" in line] == times


def test_watch_runs_a_module_as_python_does(house: House) -> None:
    done = house.run("watch", "-m", "json.tool", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: python -m json.tool")


def test_watch_runs_an_installed_command(house: House, tmp_path: Path) -> None:
    command = tmp_path / "bin" / "say-hello"
    command.parent.mkdir()
    command.write_text(
        f"#!{sys.executable}\nimport sys\nfrom multiprocessing import Lock\nm = Lock()\nprint(sys.argv)\n"
    )
    command.chmod(0o755)
    house.environment["PATH"] = f"{command.parent}:{house.environment['PATH']}"
    for called in (["say-hello"], ["--", "say-hello"], [str(command)]):
        lines, done = house.events("watch", *called, "-x")
        assert done.returncode == 0
        assert f"{[str(command), '-x']}\n" in [line["text"] for line in lines if line["kind"] == "printed"]
        assert [line["name"] for line in lines if line["kind"] == "lock_created"] == ["m"]


def test_a_scenario_that_raises(house: House, tmp_path: Path) -> None:
    lines, done = house.events("run", scenario(tmp_path, "raise ValueError('no tickets')"))
    assert done.returncode == 1
    (finding,) = lines[-1]["findings"]
    assert finding["text"] == "MainProcess ended at own.py:4 by an exception: ValueError: no tickets"
    printed = "".join(line["text"] for line in lines if line["kind"] == "printed")
    assert "Traceback" in printed and "ValueError: no tickets" in printed


def test_claims_that_raise_are_a_claim_that_does_not_hold(house: House, tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text("from procsim import start\ndef main(): ...\ndef claims(run):\n    return 1 / 0\n" + GUARD)
    lines, done = house.events("run", path)
    assert done.returncode == 1
    assert "ZeroDivisionError" in lines[-1]["claims"][0]["text"]


def test_each_event_of_a_process_that_is_killed_has_arrived(house: House, tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(
        "import os, signal\n"
        "from multiprocessing import Process\n"
        "from procsim import say, start\n"
        "def speak():\n"
        "    for number in range(200):\n"
        "        say('line', number=number)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "def main():\n"
        "    child = Process(target=speak, name='speaker')\n"
        "    child.start()\n"
        "    child.join()\n" + GUARD
    )
    for method in ("fork", "spawn", "forkserver"):
        lines, _ = house.events("run", path, "--start-method", method)
        said = [line["fields"]["number"] for line in lines if line["kind"] == "said"]
        assert said == list(range(200))
