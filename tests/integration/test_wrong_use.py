"""Whatever is wrong with the use of the command is said in one line, with exit code 2."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from procsim.__main__ import runs_on
from procsim.wire.events import SCHEMA_VERSION
from tests.integration.conftest import PATIENCE_SECONDS, House

NO_MAIN = "print('hello')\n"
NO_DEFAULT = "def main(users: int): ...\n"
NO_START = "def main(users: int = 3): ...\nif __name__ == '__main__':\n    main()\n"
NEVER_STARTED = "from multiprocessing import Process\ndef main():\n    Process(target=print).start()\n"
OTHER_START = NEVER_STARTED.replace("main()", "main(users: int = 3)")
TAKEN = "from procsim import start\ndef main(seed: int = 3): ...\nif __name__ == '__main__':\n    start(main)\n"
WITHOUT_SYNTAX = "def main(:\n"
WAYS = """
from procsim import Way, start
def main(users: int = 3): ...
def ways(**options):
    yield {way}
if __name__ == "__main__":
    start(main)
"""
RAISES = "raise ValueError('at the import')\ndef main(): ...\n"
NEEDS = """
from typing import Annotated
from procsim import start
def main(large: bool = False, small: Annotated[bool, "a small one", {need}] = False): ...
if __name__ == "__main__":
    start(main)
"""
EXITS = "import sys\nsys.exit(5)\n"

HEADER = json.dumps({"procsim": "9.0", "schema": SCHEMA_VERSION, "scenario": "x", "options": {}})
NEWER = json.dumps({"procsim": "9.0", "schema": SCHEMA_VERSION + 1, "scenario": "x", "options": {}})
EVENT = json.dumps({"t": 1, "pid": 2, "process": "p", "kind": "process_began", "parent": 1, "daemon": False})


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("tickts", "No such command 'tickts' (did you mean tickets?). See: procsim --help"),
        ("lst", "(did you mean list?)"),
        ("--big list", "--big has no effect with list; leave it out"),
        ("{folder}/no_main.py", "no_main.py' (did you mean procsim watch {folder}/no_main.py?). See: procsim --help"),
        ("--view plain tickets", "No such option: --view here; put it after the command: procsim tickets --view …"),
        ("--nope", "No such option: --nope. See: procsim --help"),
        ("watch {folder}", "is a folder; give a Python file in it, or -m MODULE"),
        ("attach no-process-has-such-a-word", "give the PID, or a word that pgrep"),
        ("tickets --think quickly", "'quickly' is not a number"),
        ("tickets --view lve", "is not one of 'live', 'brief', 'plain', 'json' (did you mean live?)"),
        ("explain M9", "M9: no such chapter or lesson; procsim list names them all (did you mean M1?)"),
        ("guide hnags", "(did you mean hangs?)"),
        ("show deadlok", "(did you mean deadlock?)"),
        ("deadlock --self --ordered", "--self and --ordered exclude each other; leave one of them out"),
        ("tickets --no-lock --lock-made-in child", "--lock-made-in child and --no-lock exclude each other"),
        ("queue --no-task-done", "--no-task-done has no effect without --joinable"),
        ("queue --messages 3", "--messages 3 has no effect without one of --takers, --joinable, --stale"),
        ("tickets --compare --no-lock", "--no-lock and --compare exclude each other"),
        ("ipc --compare --pause 0.5", "--pause 0.5 and --compare exclude each other"),
        ("run {folder}/till.py --large --small", "--small and --large exclude each other"),
        ("run {folder}/no_such_need.py", "main needs 'lok', which is none of its parameters"),
        ("tickets --users 0", "--users must be from 1 to 200, not 0"),
        ("tickets --users -3", "--users must be from 1 to 200, not -3"),
        ("tickets --users ten", "'ten' is not a whole number"),
        ("tickets --think -1", "--think must be a number of seconds, 0 or more, not -1"),
        ("daemon --child-seconds 12.5", "--child-seconds must be from 0 to 12, not 12.5"),
        ("tickets --nope", "No such option: --nope"),
        ("tickets more", "unexpected extra argument"),
        ("tickets --view cinema", "'cinema' is not one of 'live', 'brief', 'plain', 'json'"),
        ("tickets --view live", "--view live needs a terminal"),
        ("tickets --timeout -1", "--timeout must be a number of seconds"),
        ("tickets --start-method clone", "'clone' is not one of 'fork', 'spawn', 'forkserver'"),
        ("tickets --lang fr", "'fr' is not one of 'en', 'zh'"),
        (
            "tickets --record {folder}/no/trace",
            "directory; make the folder {folder}/no first, or choose another file",
        ),
        ("tickets --record {folder}", "cannot be written: Is a directory"),
        ("tickets --compare --record {folder}/trace", "--record is for one run, and --compare makes several"),
        ("tickets --compare --ask", "--ask is for one run, and --compare makes several"),
        ("tickets --ask --step", "--step and --ask exclude each other; leave one of them out"),
        ("tickets --ask --schedule {folder}/none", "--schedule and --ask exclude each other"),
        ("tickets --ask", "--ask needs a keyboard for the answer, and the live or the plain view"),
        ("tickets --ask --view json", "--ask needs a keyboard"),
        (
            "tickets --ask --users 3",
            "has a question about these options; try: procsim tickets --users 10 --lock --ask",
        ),
        ("ipc --ask", "--ask: the lessons of ipc have no question"),
        ("run {folder}/taken.py", "every run has an option --seed; give the parameter seed of main another name"),
        ("daemon --compare", "No such option: --compare"),
        ("run {folder}/no_ways.py --compare", "ways() must yield each way once, with options that main() has"),
        ("run {folder}/bad_ways.py --compare", "ways() raised ZeroDivisionError"),
        ("explain M99", "M99: no such chapter or lesson; procsim list names them all"),
        ("show nothing", "nothing: no such scenario; there are daemon, tickets"),
        ("show tickets --copy {folder}/good.py", "good.py: exists already"),
        ("show tickets --copy {folder}/no/such.py", "cannot be written: No such file or directory"),
        ("tickets --users 0 --lang zh_CN", "--users 必须在 1 到 200 之间"),
        ("tickts --lang zh", "没有命令 'tickts'（你是不是想用 tickets？）。参看"),  # noqa: RUF001
        ("replay --lang=zh", "缺少参数"),
        ("watch --lang zh nowhere.py", "没有这个脚本"),
        ("watch --lang zh --timeout -1 {folder}/good.py", "必须"),
        ("queue --size 1", "--size must be from 2 to 100, not 1"),
        ("run", "Missing argument"),
        ("run {folder}/nowhere.py", "nowhere.py: No such file or directory"),
        ("run {folder}", "Is a directory"),
        (
            "run {folder}/no_main.py",
            "no function main(); any script is watched by: procsim watch {folder}/no_main.py",
        ),
        ("run {folder}/no_default.py", "the parameter 'users' of main needs a default value"),
        ("run {folder}/no_start.py", "its last lines must be"),
        ("run {folder}/never_started.py", "its last lines must be"),
        ("run {folder}/other_start.py", "its last lines must be"),
        ("run {folder}/without_syntax.py", "does not parse, line 1"),
        ("run {folder}/raises.py", "reading it raised ValueError: at the import"),
        ("run {folder}/exits.py", "reading it raised SystemExit"),
        ("run {folder}/binary.py", "does not parse"),
        ("run {folder}/good.py --users 0", "--users must be at least 1, not 0"),
        ("run {folder}/good.py --nope", "No such option: --nope"),
        ("watch", "Missing argument"),
        ("watch {folder}/nowhere.py", "no such script, and no such command"),
        ("watch --nope x.py", "No such option: --nope"),
        ("replay", "Missing argument"),
        ("replay {folder}/nowhere", "No such file or directory"),
        ("replay {folder}", "Is a directory"),
        ("replay {folder}/binary.py", "is no recording of procsim's; one is made by a run with --record FILE"),
        ("replay {folder}/good.py", "is no recording of procsim's"),
        ("replay {folder}/newer.jsonl", "was recorded by procsim 9.0, which is newer"),
        ("replay {folder}/cut.jsonl", "is cut off, it ends without a verdict"),
        ("replay {folder}/torn.jsonl", "line 3 is no event; the recording is cut off or damaged"),
        ("replay {folder}/cut.jsonl --speed 0", "--speed must be more than 0"),
    ],
)
def test_one_line_says_what_is_wrong(house: House, tmp_path: Path, arguments: str, complaint: str) -> None:
    for name, text in {
        "no_main.py": NO_MAIN,
        "no_default.py": NO_DEFAULT,
        "no_start.py": NO_START,
        "taken.py": TAKEN,
        "never_started.py": NEVER_STARTED,
        "other_start.py": OTHER_START,
        "without_syntax.py": WITHOUT_SYNTAX,
        "raises.py": RAISES,
        "no_ways.py": WAYS.format(way="Way('one', {'guests': 3})"),
        "bad_ways.py": WAYS.format(way="1 / 0"),
        "exits.py": EXITS,
        "till.py": NEEDS.format(need="{'large': False}"),
        "no_such_need.py": NEEDS.format(need="{'lok': False}"),
        "good.py": "from procsim import start\ndef main(users: int = 3): ...\nstart(main)\n".replace(
            "start(main)", "if __name__ == '__main__':\n    start(main)"
        ),
        "newer.jsonl": NEWER + "\n",
        "cut.jsonl": f"{HEADER}\n{EVENT}\n",
        "torn.jsonl": f"{HEADER}\n{EVENT}\n{EVENT[:20]}",
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "binary.py").write_bytes(os.urandom(8) + b"\x00\xff" * 50)
    done = house.run(*arguments.format(folder=tmp_path).split())
    assert done.returncode == 2
    assert complaint.replace("{folder}", str(tmp_path)) in done.stderr
    assert done.stderr.startswith("procsim: ")
    assert done.stderr.count("\n") == 1


NOT_WHOLE = "procsim: /dev/full: No space left on device; the recording is not whole\n"


def test_a_full_disk_ends_the_recording_with_a_clear_word_and_not_the_run(house: House) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    done = house.run("tickets", "--users", "2", "--think", "0.1", "--record", "/dev/full")
    assert (done.returncode, done.stderr) == (0, NOT_WHOLE)
    assert "M2" in done.stdout, "the run itself is shown to its end"


@pytest.mark.parametrize("code", [0, 7])
def test_a_program_keeps_its_exit_code_where_its_recording_has_no_room(house: House, code: int) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    path = house.folder / "program.py"
    path.write_text(f"raise SystemExit({code})")
    done = house.run("watch", "--record", "/dev/full", path)
    assert done.returncode == code
    assert done.stderr.endswith("\n" + NOT_WHOLE)


def test_a_named_pipe_that_nobody_reads_takes_no_recording(house: House) -> None:
    pipe = house.folder / "pipe"
    os.mkfifo(pipe)
    done = house.run("tickets", "--users", "2", "--record", pipe)
    assert done.returncode == 2
    assert done.stderr == f"procsim: {pipe}: is a named pipe that nobody reads; start its reader first\n"


def test_a_named_pipe_takes_a_recording_to_whoever_reads_it(house: House) -> None:
    pipe = house.folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    done = house.run("tickets", "--users", "2", "--think", "0.1", "--record", pipe)
    assert (done.returncode, done.stderr) == (0, "")
    with open(reader, encoding="utf-8") as lines:
        assert [json.loads(line)["kind"] for line in lines.readlines()[1:]][-1] == "verdict"


@pytest.mark.parametrize("arguments", ["tickets --users 2", "tickets --users 2 --view json", "list", "--help"])
def test_output_that_cannot_be_written(house: House, arguments: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("w") as full:
        process = house.start(*arguments.split(), stdout=full)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert errors == "procsim: the output cannot be written: No space left on device\n"


AS_ON_WINDOWS = """
import os, runpy, signal, sys
for name in ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "posix", "_posixsubprocess"):
    sys.modules[name] = None
for module, names in ((signal, ("SIGPIPE", "SIGHUP", "SIGTSTP", "SIGCONT")), (os, ("mkfifo", "fork", "O_NONBLOCK"))):
    for name in names:
        delattr(module, name)
sys.platform = "win32"
sys.argv = ["procsim", "tickets"]
runpy.run_module("procsim", run_name="__main__")
"""


def test_native_windows_is_refused_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AS_ON_WINDOWS],
        env={name: value for name, value in os.environ.items() if name != "LANGUAGE"} | {"LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    line = "procsim: this system is not supported; procsim runs on Linux and macOS, and on Windows in WSL 2\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)


@pytest.mark.parametrize(
    ("platform", "runs"), [("linux", True), ("darwin", True), ("win32", False), ("emscripten", False)]
)
def test_where_procsim_runs(platform: str, runs: bool) -> None:
    assert runs_on(platform) == runs
