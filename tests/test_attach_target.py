"""Which process a PID or a word means."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from procsim.attach.target import Candidate, NoSuchProgram, process_meant, programs_with
from procsim.errors import WrongUse

OWN = 90


def processes(*rows: tuple[int, int, str]) -> dict[int, Candidate]:
    """Processes: the PID, that of the parent, and the command; beside init, a shell and procsim itself."""
    ours = ((1, 0, "/sbin/init"), (80, 1, "bash"), (OWN, 80, "/usr/bin/python3 /usr/bin/procsim attach work.py"))
    return {
        pid: Candidate(pid, parent, command, "python" in command.split()[0]) for pid, parent, command in (*ours, *rows)
    }


@pytest.mark.parametrize(
    ("rows", "meant"),
    [
        ([], []),
        ([(10, 1, "python3 work.py")], [10]),
        # Its children have its command line.
        ([(10, 1, "python3 work.py"), (11, 10, "python3 work.py"), (12, 11, "python3 work.py")], [10]),
        # What another command has started is what is meant.
        ([(9, 1, "timeout 60 python3 work.py"), (10, 9, "python3 work.py"), (11, 10, "python3 work.py")], [10]),
        ([(8, 1, "sudo nice ./work.py"), (9, 8, "nice ./work.py"), (10, 9, "/usr/bin/python ./work.py")], [10]),
        ([(9, 1, "vim work.py")], [9]),
        # The shell or the command that has started procsim is not meant.
        ([(80, 1, "sh -c procsim attach work.py"), (10, 1, "python3 work.py")], [10]),
        ([(10, 1, "python3 work.py"), (20, 1, "python3 work.py --again")], [10, 20]),
        # A spawned child has another command line; its own child has the word again.
        ([(10, 1, "python3 work.py"), (11, 10, "python3 -c spawn_main"), (12, 11, "python3 work.py")], [10]),
    ],
)
def test_a_word_means_a_program(rows: list[tuple[int, int, str]], meant: list[int]) -> None:
    assert programs_with("work.py", processes(*rows), OWN) == meant


def test_a_circle_of_parents_is_no_reason_to_hang() -> None:
    """Between two looks at /proc a PID may have been given to another process."""
    assert programs_with("work.py", processes((10, 11, "python work.py"), (11, 10, "python work.py")), OWN) == []


@pytest.fixture
def sleepers(request: pytest.FixtureRequest) -> Iterator[list["subprocess.Popen[str]"]]:
    """Two programs that have a word in their command lines that no other has."""
    code = "import sys; print(flush=True); sys.stdin.read()"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, f"a-word-of-{request.node.name}", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("first", "second\x1b[31m")
    ]
    for each in started:
        assert each.stdout is not None
        each.stdout.readline()
    yield started
    for each in started:
        each.communicate()


def test_a_word_of_a_real_program(sleepers: list["subprocess.Popen[str]"], request: pytest.FixtureRequest) -> None:
    first, second = sleepers
    word = f"word-of-{request.node.name}"
    assert process_meant(f"{word} first") == first.pid
    assert process_meant(str(second.pid)) == second.pid
    with pytest.raises(WrongUse) as several:
        process_meant(word)
    assert f"{word}: stands in the command lines of 2 programs" in str(several.value)
    assert f"{first.pid} (" in str(several.value)
    assert "\x1b" not in str(several.value)
    with pytest.raises(NoSuchProgram):
        process_meant("a word that no" + " program has")
