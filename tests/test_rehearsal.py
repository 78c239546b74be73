"""What `procsim rehearse` makes of the facts that it measures."""

import resource
from typing import Any

import pytest

from procsim import language
from procsim.lessons.chapter import Chapter, Lesson
from procsim.rehearsal import machine, screen
from procsim.rehearsal.check import Check, Result
from procsim.rehearsal.lessons import Line, judged, lines_of
from procsim.rehearsal.report import MARKS, NAME_CELLS
from procsim.rehearsal.runs import Run

GOOD, POOR, FAILED, LEFT_OUT = Result
UNLIMITED = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("check", "result", "words"),
    [
        (screen.size(80, 24), GOOD, "80 columns, 24 rows"),
        (screen.size(200, 23), POOR, "80 columns and 24 rows are best"),
        (screen.size(59, 50), FAILED, "make the window larger"),
        (screen.colours("truecolor", False), GOOD, "16 million"),
        (screen.colours("standard", True), POOR, "NO_COLOR is set"),
        (screen.colours(None, False), POOR, "TERM=xterm-256color"),
        (screen.colours("standard", False), POOR, "16 of them, which are too few"),
        (screen.colours("256", False), GOOD, "256 of them"),
        (screen.chinese("utf-8", 4), GOOD, "two cells wide"),
        (screen.chinese("gbk", 4), GOOD, "two cells wide"),
        (screen.chinese("utf-8", 2), POOR, "2 characters are 2 cells wide, not 4"),
        (screen.chinese("ascii", 2), POOR, "cannot be shown in ascii"),
        (screen.chinese("utf-8", None), LEFT_OUT, "does not say"),
        (screen.keys("x"), GOOD, "arrive"),
        (screen.keys(None), FAILED, "none came within 10 s"),
        (machine.start_method("fork", ""), GOOD, "starts a process"),
        (machine.start_method("fork", "exit code 1"), FAILED, "starts no process (exit code 1)"),
        (machine.shared_memory(64 << 20, True, ""), GOOD, "64 MiB are free"),
        (machine.shared_memory(4096, True, ""), FAILED, "0 MiB are free"),
        (machine.shared_memory(64 << 20, True, "Permission denied"), FAILED, "no semaphore can be made (Permission"),
        (machine.shared_memory(None, True, ""), POOR, "there is none"),
        (machine.shared_memory(None, False, ""), LEFT_OUT, "there is none"),
        (machine.descriptors(1024, 1024), GOOD, "1024 at once"),
        (machine.descriptors(UNLIMITED, UNLIMITED), GOOD, "without a limit"),
        (machine.descriptors(256, UNLIMITED), POOR, "ulimit -n 512"),
        (machine.descriptors(20, 20), FAILED, "an administrator"),
        (machine.clock(machine.Clock(1e-9, False, 0.001)), GOOD, "sleeps end in time"),
        (machine.clock(machine.Clock(1e-9, False, 0.25)), POOR, "0.25 s late"),
        (machine.clock(machine.Clock(1e-9, True, 0.001)), FAILED, "it goes back"),
        (machine.clock(machine.Clock(0.016, False, 0.001)), FAILED, "it is too coarse"),
    ],
)
def test_what_a_fact_means(check: Check, result: Result, words: str) -> None:
    assert check.result == result
    assert words in f"{check.words}: {check.remedy}"
    assert bool(check.remedy) == (result == FAILED or (result == POOR and "there is none" not in words))


def lesson(identity: str, shows: str) -> Lesson:
    return Lesson(identity, "", shows, "", "", "", ())


def test_a_command_that_shows_several_lessons_is_run_once() -> None:
    till = Chapter("till", "", (lesson("T1", "till --lock"), lesson("T2", "till"), lesson("T3", "till --lock")))
    bare = Chapter("greeting", "", (lesson("", "greeting"),))
    assert lines_of([till, bare]) == [Line("till --lock", ("T1", "T3")), Line("till", ("T2",)), Line("greeting", ())]


def run(*claims: tuple[str, bool], exit_code: int = 0, complaint: str = "", ended: bool = True, found: str = "") -> Run:
    verdict: dict[str, Any] = {"claims": [{"id": each, "holds": holds} for each, holds in claims]}
    verdict["findings"] = [{"id": found}] if found else []
    return Run(exit_code, verdict if ended else None, complaint, 1.234)


@pytest.mark.parametrize(
    ("done", "result", "words"),
    [
        (run(("T1", True), ("T3", True), ("T9", False)), GOOD, "procsim till --lock: shown in 1.2 s"),
        (run(("T1", True), ("T3", False)), FAILED, "has not shown T3"),
        (run(("T1", True)), FAILED, "has not shown T3"),
        (run(exit_code=3, found="lock_cycle"), GOOD, "shown in 1.2 s"),  # no claim says that the hang was not meant
        (run(exit_code=3, found="time_limit"), FAILED, "(it did not end within 30 s)"),
        (run(exit_code=1), FAILED, "(exit code 1)"),
        (run(ended=False, exit_code=2, complaint="till.py: does not parse"), FAILED, "(till.py: does not parse)"),
        (run(ended=False, exit_code=-9), FAILED, "(exit code -9)"),
        (None, LEFT_OUT, "the time was over"),
    ],
)
def test_what_a_run_says_about_its_lessons(done: Run | None, result: Result, words: str) -> None:
    check = judged(Line("till --lock", ("T1", "T3")), done)
    assert (check.name, check.result) == ("T1 T3", result)
    assert words in check.words


def test_a_lesson_without_an_id_has_the_name_of_its_command() -> None:
    assert judged(Line("greeting --loud", ()), run()).name == "greeting"


def test_a_lesson_without_an_id_is_shown_if_all_claims_hold() -> None:
    assert judged(Line("greeting", ()), run(("T9", True))).result == GOOD
    assert judged(Line("greeting", ()), run(("T9", False), exit_code=1)).result == FAILED


def test_each_name_has_room_in_its_column() -> None:
    from rich.cells import cell_len

    for chosen in ("en", "zh"):
        language.choose(chosen)
        names = [screen.size(80, 24), screen.keys("x"), machine.descriptors(512, 512), screen.chinese("utf-8", 4)]
        assert all(cell_len(check.name) <= NAME_CELLS for check in names)
    language.choose("en")
    assert {*MARKS} == {*Result}
