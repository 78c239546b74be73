"""What is said of a program that was looked at: what could not be seen, whether it hangs, and with which exit code."""

import io
from typing import Any

import pytest
from rich.console import Console

from procsim.attach.look import Look, Place, SeenProcess, SeenThread, Unseen
from procsim.attach.notes import STATES, WORDS, notes_of, states_of, unknown_of
from procsim.diagnosis.system_view import SystemView
from procsim.findings.base import Finding
from procsim.session.attached import Seen, _call_words, code_of, seen_in
from procsim.session.report import Report, Severity
from procsim.state.apply import state_of
from procsim.state.run_state import RunState
from procsim.views.attached import Attached, AttachedView, Call, ThreadStack, outcome_words, thing_lines_of
from procsim.views.base import Verdict
from procsim.views.live.attached import AttachedScreen
from procsim.wire.identities import MAIN_THREAD
from tests.events import Story

CERTAIN = Finding("lock_cycle", "one waits for right")
PROBABLE = Finding("probably_hangs", "probably, one waits for ever")


def process(pid: int, **fields: Any) -> SeenProcess:
    """A process that computes."""
    threads = fields.pop("threads", {pid: SeenThread(pid, MAIN_THREAD, None, 0)})
    return SeenProcess(pid, 1, pid, f"process-{pid}", threads, **fields)


def look(*processes: SeenProcess, unseen: tuple[Unseen, ...] = ()) -> Look:
    """A program of these; the first one is main."""
    main = processes[0].pid
    return Look(main, main, 1_000_000, {each.pid: each for each in processes}, unseen)


def seen(*findings: Finding, hangs: bool = False, notes: tuple[str, ...] = (), unknown: str = "") -> Seen:
    """What was seen of a program."""
    state = RunState(hung=5 if hangs else None)
    return Seen([], state, Verdict("work.py", findings=[*findings]), Attached("work.py", notes, unknown))


# What could not be seen -------------------------------------------------------------------------------------


def test_of_what_was_read_there_is_nothing_to_say() -> None:
    assert notes_of(look(process(10, python="3.12"))) == []
    assert states_of(look(process(10, python="3.12"))) == {}


def test_each_reason_is_said_once_with_its_processes() -> None:
    unseen = (Unseen(30, "not_permitted"), Unseen(31, "not_permitted"), Unseen(32, "namespace"), Unseen(33, "ended"))
    seen = look(process(10, python="3.12"), process(20, gap="no_python"), process(21, gap="build"), unseen=unseen)
    permitted, namespace, build, no_python, ended = notes_of(seen)
    assert permitted.startswith("PID 30, PID 31: may not be looked at")
    assert namespace.startswith("PID 32: in another PID namespace")
    assert build.startswith("PID 21: a Python that procsim cannot read")
    assert no_python.startswith("PID 20: no Python")
    assert ended.startswith("PID 33: ended")
    not_looked_at = dict.fromkeys((30, 31, 32), "not looked at")
    assert states_of(seen) == {20: "runs no Python", 21: "not read", **not_looked_at}


def test_many_processes_are_counted() -> None:
    many = look(process(10, python="3.12"), unseen=tuple(Unseen(pid, "ended") for pid in range(100, 120)))
    assert notes_of(many) == [
        "PID 100, PID 101, PID 102, PID 103, PID 104, PID 105 … and 14 more: ended while it was looked at"
    ]


def test_who_is_stopped_and_by_what() -> None:
    stopped, debugged = process(10, python="3.12", stopped=True), process(11, python="3.12", stopped=True, debugger=7)
    assert states_of(look(stopped, debugged)) == {10: "stopped", 11: "stopped by a debugger"}
    first, second = notes_of(look(stopped, debugged))
    assert first.startswith("PID 10: stopped, by Ctrl-Z or SIGSTOP")
    assert second.startswith("PID 11: under a debugger")
    watched = process(11, python="3.12", debugger=7)  # strace, say
    assert states_of(look(watched)) == {}, "what it waits for was read"


def test_whether_it_is_known_at_all() -> None:
    python, other = process(10, python="3.12"), process(11, gap="no_python")
    assert unknown_of(look(python)) == unknown_of(look(other, python)) == "", "something was looked at"
    assert "no Python was found" in unknown_of(look(other, process(12, gap="build")))
    assert "PID 10 is stopped" in unknown_of(look(process(10, python="3.12", stopped=True), process(11, python="3.12")))


def test_each_state_has_a_note() -> None:
    assert STATES.keys() <= WORDS.keys()


# What has come of it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "fail_on", "code"),
    [
        (seen(), None, 0),
        (seen(), "probable", 0),
        (seen(CERTAIN, hangs=True), None, 3),
        (seen(CERTAIN, hangs=True), "certain", 3),
        (seen(CERTAIN), None, 0),
        (seen(CERTAIN), "certain", 4),
        (seen(PROBABLE), None, 0),
        (seen(PROBABLE), "certain", 0),
        (seen(PROBABLE), "probable", 4),
        (seen(unknown="it is not known"), None, 2),
        (seen(unknown="it is not known"), "probable", 2),
        (seen(CERTAIN, hangs=True, unknown="it is not known"), None, 3),
    ],
)
def test_the_exit_code(what: Seen, fail_on: Severity | None, code: int) -> None:
    assert code_of(what, Report(fail_on=fail_on)) == code


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (seen(), "nothing wrong: no wait was found that can never end"),
        (seen(notes=("x",)), "nothing wrong, as far as could be seen: no wait was found that can never end"),
        (seen(unknown="it is not known"), "it is not known"),
        (seen(CERTAIN, hangs=True, unknown="it is not known"), "it hangs: PID 0 will never go on"),
        (seen(CERTAIN, hangs=True), "it hangs: PID 0 will never go on"),
        (seen(CERTAIN), "1 thing wrong; main may go on"),
        (seen(CERTAIN, PROBABLE, CERTAIN), "2 things wrong; main may go on"),
        (seen(PROBABLE), "it probably hangs"),
    ],
)
def test_the_last_line(what: Seen, words: str) -> None:
    assert outcome_words(what.state, what.verdict, what.attached) == words


def drawn(*events: tuple[str, int, dict[str, Any]]) -> list[str]:
    """The rows of these objects."""
    story = Story().began(1)
    for kind, identity, fields in events:
        story.tell(1, kind, identity, **fields)
    console = Console(file=io.StringIO(), width=100)
    return [line.plain.strip() for line in thing_lines_of(state_of(story.events), Attached(""), 9, 100, console)]


GONE = {"reader_is_gone": False, "writer_is_gone": False, "none_killed": True}


@pytest.mark.parametrize(
    ("type", "items", "unfinished", "row"),
    [
        ("Queue", 0, None, "q  take ◂ [  ] ◂ put  0 in it"),
        ("Queue", 400, None, "q  take ◂ … ◂ put  400 in it"),
        ("JoinableQueue", 0, 1, "q  take ◂ [  ] ◂ put  0 in it  1 not reported done"),
        ("SimpleQueue", None, None, "q  how many items are in it is not known"),
    ],
)
def test_what_nobody_has_counted_is_left_out(type: str, items: int | None, unfinished: int | None, row: str) -> None:
    made: dict[str, Any] = {"name": "q", "type": type, "maxsize": 0, "pipe": 0}
    contents = {"items": items, "unfinished": unfinished, **GONE}
    assert drawn(("queue_created", 7, made), ("queue_seen", 7, contents)) == [row]


@pytest.mark.parametrize(("open_tasks", "row"), [(0, "p  0 workers"), (1, "p  0 workers, 1 task is open")])
def test_how_many_tasks_of_a_pool_were_done_is_left_out(open_tasks: int, row: str) -> None:
    look = {"open": open_tasks, "gone": [], "worker_is_gone": False, "not_sent": False, "failed": []}
    made = {"name": "p", "type": "Pool", "workers": 2, "max_tasks": None}
    seen = {**look, "reader_is_gone": False, "writer_is_gone": False}
    assert drawn(("pool_created", 7, made), ("pool_seen", 7, seen)) == [row]


def test_a_row_is_torn_nowhere_on_a_narrow_terminal() -> None:
    """Its place stands behind the longest words, or as a whole in the next line."""
    state = seen_in([look(process(10, python="3.12"), process(11, python="3.12"))] * 2).state
    places = {10: f"{'long' * 6}.py:7", 11: "work.py:12"}
    file = io.StringIO()
    console = Console(file=file, width=40, force_terminal=True, no_color=True, color_system=None)
    AttachedView(console, Attached("work.py", places=places)).finish(state, Verdict("work.py"))
    assert all(place in file.getvalue() for place in places.values())
    assert max(map(len, file.getvalue().splitlines())) <= 40


def test_each_process_has_a_row() -> None:
    state = seen_in([look(process(10, python="3.12"), process(11, gap="no_python", command="sleep 60"))] * 2).state
    file = io.StringIO()
    attached = Attached("work.py", states={11: "runs no Python"}, places={10: "work.py:7"})
    AttachedView(Console(file=file, width=100), attached).finish(state, Verdict("work.py"))
    assert file.getvalue().splitlines() == [
        "work.py (PID 10): 2 processes",
        "  sleep 60    PID 11  runs no Python",
        f"  process-10  PID 10  {'running':14}  work.py:7",
        "nothing wrong: no wait was found that can never end",
    ]


def test_of_whom_no_wait_is_known_the_system_call_is_shown() -> None:
    """Unless more is known."""
    ended = process(11, python="3.12", ended=True, exit_code=1)
    state = seen_in([look(process(10, python="3.12"), ended, process(12, python="3.12"))] * 2).state
    file = io.StringIO()
    attached = Attached("work.py", calls={10: "in the system call flock", 11: "asleep"})
    AttachedView(Console(file=file, width=100), attached).finish(state, Verdict("work.py"))
    rows = [line.rpartition("PID ")[2].split(maxsplit=1) for line in file.getvalue().splitlines()[1:-1]]
    assert dict(rows) == {"10": "in the system call flock", "11": "ended, exit code 1", "12": "running"}


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (SystemView(state="S", call="clock_nanosleep"), "asleep"),
        (SystemView(state="S", call="recvfrom", descriptor=3, target="socket:[7]"), "in the system call recvfrom"),
        (SystemView(state="S", call="flock", target="/srv/a.lock"), "in the system call flock, on /srv/a.lock"),
        (SystemView(state="D"), "waiting for a device"),
    ],
)
def test_what_the_system_shows_of_a_main_thread(view: SystemView, words: str) -> None:
    assert _call_words(view) == words


def test_text_of_a_program_commands_no_terminal() -> None:
    calls = (Call("run\x1b[31m", "a\x1b]0;b:1", [("x", "'\x1b[2J'")]),)
    attached = Attached("w\x1b[2Jork", stacks={10: [ThreadStack("t\x1b[31m", calls, calls)]})
    place = Place("run", "/srv/work.py", 3)
    threads = {10: SeenThread(10, MAIN_THREAD, None, 0, stack=(place,))}
    state = seen_in([look(process(10, python="3.12", threads=threads))] * 2).state
    file = io.StringIO()
    AttachedView(Console(file=file, width=100), attached, with_stacks=True).finish(state, Verdict("work"))
    assert "\x1b" not in file.getvalue()
    assert "process-10" in file.getvalue()


# Where the threads of a process stand -----------------------------------------------------------------------


def test_the_innermost_call_is_the_last() -> None:
    """As in Python's own tracebacks, and as `watch` has it."""
    calls = (Call("acquire", "lib.py:3", whose="library"), Call("work", "work.py:7"), Call("<module>", "work.py:9"))
    state = seen_in([look(process(10, python="3.12"))] * 2).state
    file = io.StringIO()
    attached = Attached("work.py", stacks={10: [ThreadStack("", calls, calls), ThreadStack("helper", (), ())]})
    AttachedView(Console(file=file, width=100), attached, with_stacks=True).finish(state, Verdict("work.py"))
    assert file.getvalue().splitlines()[2:-1] == [
        "where each thread stands, the innermost call last:",
        "  process-10 (PID 10):",
        f"    {'<module>':20}  work.py:9",
        f"    {'work':20}  work.py:7",
        f"    {'acquire':20}  lib.py:3",
        "  process-10 (PID 10), helper:",
        "    runs no Python now, or that could not be read",
    ]


@pytest.mark.parametrize(("height", "fewest"), [(10, 3), (8, 1), (24, 9)])
def test_on_a_small_screen_a_chosen_process_shows_where_it_stands(height: int, fewest: int) -> None:
    """Its innermost calls come before the sentences, and before its outer calls."""
    calls = [Call(f"call_{number}", f"work.py:{number}") for number in range(9)]
    stacks = {10: [ThreadStack("", calls, calls)]}
    finding = Finding("lock_cycle", "one holds left and waits for right; other holds right and waits for left " * 2)
    state = seen_in([look(process(10, python="3.12"), process(11, python="3.12"))] * 2).state
    screen = AttachedScreen()
    screen._chosen = 10
    lines = [
        line.plain.rstrip()
        for line in screen._lines(
            state, Verdict("work.py", findings=[finding]), Attached("work.py", stacks=stacks), 40, height
        )
    ]
    assert len(lines) == height and lines[0] == "work.py (PID 10): 2 processes"
    shown = [line.split()[0] for line in lines if line.startswith("    call_")]
    assert len(shown) >= fewest and shown == [f"call_{number}" for number in range(len(shown))][::-1]
    assert any("(PID 10): …" in line for line in lines) == (len(shown) < 9)
    assert lines[-1].startswith("arrows")
