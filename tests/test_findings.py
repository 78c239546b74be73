"""What is found in a run that its events tell of, and where nothing must be."""

from typing import Any

import pytest

from procsim.findings import Finding, Outcome, findings
from procsim.findings.base import as_fields, sentence_of
from procsim.state.apply import state_of
from procsim.state.bounds import CELLS_KEPT, WRITES_KEPT
from tests.events import Story

FILE = 1 << 63
PATH = "/f/n.txt"
NOT_SENT = {
    "Can't pickle local object 'main.<locals>.work'": ("AttributeError", "work"),
    "Can't get local object 'main.<locals>.<lambda>'": ("AttributeError", "a lambda"),
    "Can't pickle local object <function main.<locals>.work at 0x7f>": ("PicklingError", "work"),
    "Can't pickle <function <lambda> at 0x7f>: attribute lookup <lambda> on __main__ failed": (
        "PicklingError",
        "a lambda",
    ),
    "Can't pickle <class 'x.Point'>: it's not the same object as x.Point": ("PicklingError", "x.Point"),
    "cannot pickle '_thread.lock' object": ("TypeError", "_thread.lock"),
    "cannot pickle 'TextIOWrapper' instances": ("TypeError", "TextIOWrapper"),
    "Queue objects should only be shared between processes through inheritance": ("RuntimeError", "Queue"),
}
"""Exceptions of the Python versions there are, by their text, and what they are about."""

BOOTSTRAPPING = """
        An attempt has been made to start a new process before the
        current process has finished its bootstrapping phase.
"""


class Program(Story):
    """A main process that has started others, and what they do with one file."""

    def __init__(self, *children: int, daemon: bool = False, method: str = "fork") -> None:
        super().__init__()
        self.began(1)
        for child in children:
            name = f"p{child}"
            self.tell(1, "process_started", at="x.py:3", child=child, child_name=name, daemon=daemon, method=method)
            self.tell(child, "process_began", parent=1, daemon=daemon)

    def opens(self, pid: int, mode: str, file: int = FILE) -> "Program":
        self.tell(pid, "file_opened", file, "x.py:5", path="/f/n.txt", mode=mode)
        return self

    def reads(self, pid: int, value: str = "3", offset: int = 0, file: int = FILE, path: str = PATH) -> "Program":
        self.tell(pid, "file_read", file, "x.py:6", path=path, value=value, size=len(value), offset=offset)
        return self

    def writes(
        self, pid: int, value: str = "2", offset: int = 0, mode: str = "w", file: int = FILE, path: str = PATH
    ) -> "Program":
        self.opens(pid, mode, file)
        self.tell(pid, "file_written", file, "x.py:7", path=path, value=value, size=len(value), offset=offset)
        self.tell(pid, "file_closed", file, "x.py:7", path="/f/n.txt")
        return self

    def ends(self, pid: int, code: int = 0) -> "Program":
        self.tell(pid, "process_ended", exit_code=code)
        return self


def found(story: Story, outcome: Outcome | None = None) -> list[Finding]:
    return findings(state_of(story.events), outcome or Outcome())


def ids(story: Story, outcome: Outcome | None = None) -> list[str]:
    return [finding.id for finding in found(story, outcome)]


# Lost updates ------------------------------------------------------------------------------------------------


def test_two_write_what_both_had_read() -> None:
    (finding,) = found(Program(2, 3).reads(2).reads(3).writes(2).writes(3))
    assert finding.id == "lost_update"
    expected = {"file": "n.txt", "count": 1, "first": "p2", "second": "p3", "pid": 3, "process": "p3"}
    assert finding.figures.items() >= expected.items()
    assert (finding.figures["first_read"], finding.figures["second_wrote"]) == ("'3'", "'2'")
    assert (finding.figures["second_read_at"], finding.figures["first_wrote_at"]) == ("x.py:6", "x.py:7")


def test_one_finding_for_a_file_however_many_updates_it_lost() -> None:
    program = Program(2, 3, 4)
    for pid in (2, 3, 4):
        program.reads(pid)
    for pid in (2, 3, 4):
        program.writes(pid)
    (finding,) = found(program)
    assert finding.figures["count"] == 2


def test_a_write_in_pieces_loses_an_update_once() -> None:
    program = Program(2, 3).reads(2).reads(3).writes(2).opens(3, "w")
    for offset in range(3):
        fields: dict[str, Any] = {"path": "/f/n.txt", "value": "2", "size": 1, "offset": offset}
        program.tell(3, "file_written", FILE, "x.py:7", **fields)
    (finding,) = found(program)
    assert finding.figures["count"] == 1


HEALTHY = {
    "one after the other": Program(2, 3).reads(2).writes(2).reads(3).writes(3),
    "only one of them writes": Program(2, 3).reads(2).reads(3).writes(2),
    "the first had not read it": Program(2, 3).reads(3).writes(2).writes(3),
    "the second had not read it": Program(2, 3).reads(2).writes(2).writes(3),
    "the second writes once more, of its own": Program(2, 3).reads(3).writes(3).reads(2).writes(2).writes(3),
    "they append": Program(2, 3).reads(2).reads(3).writes(2, mode="a").writes(3, mode="a"),
    "other bytes": Program(2, 3).reads(2, "33").reads(3, "33").writes(2, mode="r+").writes(3, offset=1, mode="r+"),
    "it read other bytes": Program(2, 3).reads(2).reads(3, offset=9).writes(2, mode="r+").writes(3, mode="r+"),
    "another file": Program(2, 3).reads(2).reads(3, file=FILE + 1).writes(2).writes(3, file=FILE + 1),
    "looked, and read it again": Program(2, 3).reads(3).reads(2).writes(2).reads(3).writes(3),
    "a new file with the number of one that was removed": (
        Program(2, 3).reads(2, path="/f/old").reads(3, path="/f/old").writes(2).writes(3)
    ),
    "each wrote a file that was moved to where the other reads": (
        Program(2, 3).reads(2).reads(3).writes(2, path="/f/n.txt.2").writes(3, path="/f/n.txt.3")
    ),
    "both fill it with the same": Program(2, 3).reads(2, "").reads(3, "").writes(2, "42").writes(3, "42"),
    "how it was opened was not seen": Program(2, 3).reads(2).reads(3).writes(2, mode="r").writes(3, mode="r"),
}


@pytest.mark.parametrize("case", HEALTHY)
def test_no_update_is_lost(case: str) -> None:
    assert ids(HEALTHY[case]) == []


def test_no_update_is_lost_where_a_lock_was_held_at_each_reading_and_writing() -> None:
    program = Program(2, 3)
    program.lock(9)
    for pid in (2, 3, 2, 3):  # writes, and reads what it has written
        program.tell(pid, "lock_acquired", 9)
        program.writes(pid).reads(pid)
        program.tell(pid, "lock_released", 9)
    assert ids(program) == []


def test_a_lock_for_the_writing_alone_does_not_help() -> None:
    program = Program(2, 3).reads(2).reads(3)
    program.lock(9)
    for pid in (2, 3):
        program.tell(pid, "lock_acquired", 9)
        program.writes(pid)
        program.tell(pid, "lock_released", 9)
    assert ids(program) == ["lost_update"]


def test_what_is_kept_of_files_is_bounded() -> None:
    program = Program(2, 3).reads(2).reads(3).writes(2).writes(3)
    for number in range(CELLS_KEPT + 10):
        program.writes(2, file=FILE + 1 + number)
    for _ in range(WRITES_KEPT + 10):
        program.writes(2)
    run = state_of(program.events)
    assert len(run.cells) == CELLS_KEPT
    assert [len(writes) for writes in run.cells[FILE].writes.values()] == [WRITES_KEPT]
    assert ids(program) == ["lost_update"]


def locked(program: Program, makers: tuple[int, int], lines: tuple[str, str]) -> Program:
    """Both read and write, each holding the lock that one has made."""
    for identity, (maker, line) in enumerate(zip(makers, lines, strict=True)):
        program.tell(maker, "lock_created", identity, line, name="mutex", type="Lock", value=1)
    for pid, identity in ((2, 0), (3, 1)):
        program.tell(pid, "lock_acquired", identity)
    program.reads(2).reads(3).writes(2).writes(3)
    return program


def test_each_made_the_lock_anew_at_the_same_line() -> None:
    finding, effect = found(locked(Program(2, 3), (2, 3), ("x.py:4", "x.py:4")))
    assert (finding.id, effect.id) == ("lock_made_anew", "lost_update")
    expected = {"process": "p3", "pid": 3, "other": "p2", "lock": "mutex", "at": "x.py:4", "count": 2}
    assert finding.figures.items() >= expected.items()


@pytest.mark.parametrize(
    ("makers", "lines"),
    [((2, 3), ("x.py:4", "x.py:5")), ((1, 3), ("x.py:4", "x.py:4")), ((1, 1), ("x.py:4", "x.py:4"))],
)
def test_other_locks_are_not_made_anew(makers: tuple[int, int], lines: tuple[str, str]) -> None:
    assert ids(locked(Program(2, 3), makers, lines)) == ["lost_update"]


# Queues ------------------------------------------------------------------------------------------------------


def worked_off(items: list[Any], taken: int, done: int, **options: Any) -> Program:
    """Main puts items into a queue, a daemon takes and does some, and then main ends."""
    program = Program(2, daemon=options.get("daemon", True))
    program.queue(9, type=options.get("type", "JoinableQueue"))
    for item in items:
        program.tell(options.get("maker", 1), "queue_put", 9, "x.py:8", value=item)
    for number in range(taken):
        program.tell(2, "queue_got", 9, "x.py:9", value=items[number])
        if number < done:
            program.tell(2, "queue_task_done", 9)
    program.ends(2, options.get("code", -15)).ends(1)
    return program


@pytest.mark.parametrize(
    ("program", "in_queue", "in_hand"),
    [
        (worked_off([1, 2, 3, 4], 2, 1), 2, 1),
        (worked_off([1, 2, 3, 4], 2, 0), 2, 1),
        (worked_off([1, 2, 3, 4], 4, 3), 0, 1),
        (worked_off([1, 2, 3, None], 1, 1), 2, 0),
        (worked_off([1, 2, 3, "stop", "stop"], 1, 1), 2, 0),
        (worked_off(["<Task>"] * 4, 2, 2), 2, 0),
    ],
)
def test_items_that_were_lost_when_their_daemon_ended(program: Program, in_queue: int, in_hand: int) -> None:
    (finding,) = found(program)
    figures = finding.figures
    assert finding.id == "items_lost"
    assert (figures["in_queue"], figures["in_hand"], figures["lost"]) == (in_queue, in_hand, in_queue + in_hand)
    assert (figures["process"], figures["pid"], figures["queue"], figures["queue_at"]) == ("p2", 2, "q", "x.py:2")


@pytest.mark.parametrize("kind", ["JoinableQueue", "Queue"])
def test_items_that_were_lost_when_their_taker_was_killed(kind: str) -> None:
    assert ids(worked_off([1, 2, 3], 1, 0, daemon=False, code=-9, type=kind)) == ["died", "items_lost"]


def test_items_that_a_daemon_left_of_which_nobody_reports_are_no_certain_loss() -> None:
    (finding,) = found(worked_off([1, 2, 3], 1, 0, type="Queue"))
    assert (finding.id, finding.certain, finding.figures["lost"]) == ("items_left", False, 2)


def test_what_a_simple_queue_could_not_take_counts_as_never_put() -> None:
    program = Program(2, 3).queue(9, type="SimpleQueue")
    for pid, value in ((2, "first"), (2, "not sent"), (3, "third")):
        program.tell(pid, "queue_put", 9, "x.py:8", value=value)
    program.tell(2, "queue_put_failed", 9, "x.py:8")
    queue = state_of(program.events).queues[9]
    assert (queue.puts, queue.inside, [*queue.items_put], dict(queue.put)) == (2, 2, ["first", "third"], {2: 1, 3: 1})
    program.tell(2, "queue_put_failed", 9, "x.py:8")
    assert dict(state_of(program.events).queues[9].put) == {3: 1}


def test_no_item_is_left_that_a_daemon_may_just_have_been_about_to_take() -> None:
    program = Program(2, daemon=True).queue(9, type="Queue")
    for number in range(20):
        program.tell(1, "queue_put", 9, "x.py:8", value=number)
        if number < 19:
            program.tell(2, "queue_got", 9, "x.py:9", value=number)
    assert ids(program.ends(2, -15).ends(1)) == []


@pytest.mark.parametrize(
    "program",
    [
        worked_off([1, 2, 3], 3, 3),
        worked_off([1, 2, None, None], 2, 2),
        worked_off([1, 2, "stop", "stop"], 2, 2),
        worked_off([1, 2, "stop"], 2, 2, type="Queue"),
        worked_off([1, 2, 3], 1, 1, daemon=False, code=0),
        worked_off([1, 2, 3], 1, 1, daemon=False),
        worked_off([1, 2, 3], 1, 1, maker=2),
    ],
)
def test_no_item_is_lost(program: Program) -> None:
    assert ids(program) == []


def test_no_item_is_lost_where_main_has_had_results_enough() -> None:
    program = worked_off([1, 2, 3], 1, 1)
    del program.events[-2:]
    program.queue(8, "results").tell(2, "queue_put", 8, value=1).tell(1, "queue_got", 8, value=1)
    assert ids(program.ends(2, -15).ends(1)) == []


ANSWERS = [("event_set", 7), ("pipe_sent", 7), ("condition_notified", 6), ("lock_released", 6)]


@pytest.mark.parametrize(("kind", "object"), ANSWERS)
@pytest.mark.parametrize(
    ("type", "taken", "lost"), [("Queue", 1, []), ("Queue", 0, ["items_left"]), ("JoinableQueue", 1, ["items_lost"])]
)
def test_no_item_is_lost_where_an_answer_was_given(
    kind: str, object: int, type: str, taken: int, lost: list[str]
) -> None:
    program = worked_off([1, 2, 3, 4], taken, 0, type=type)
    *program.events, child_ends, main_ends = program.events
    program.lock(6, value=0).tell(1, "event_created", 7, "x.py:3", name="found", type="Event").tell(2, kind, object)
    program.tell(2, "queue_got", 9, value=2)
    program.events += [child_ends, main_ends]
    assert ids(program) == lost


def test_no_item_is_lost_where_what_is_taken_is_put_back() -> None:
    program = worked_off(["one", "other", "third"], 1, 0, type="Queue")
    *program.events, child_ends, main_ends = program.events
    program.tell(2, "queue_put", 9, value="one")
    program.events += [child_ends, main_ends]
    assert ids(program) == []


def test_no_item_is_lost_where_people_or_the_time_limit_ended_the_run() -> None:
    for outcome in (Outcome(interrupted=2), Outcome(timed_out=1.0)):
        assert "items_lost" not in ids(worked_off([1, 2, 3], 1, 1), outcome)


def refused_report(thread: str = "MainThread") -> Program:
    program = Program(2)
    program.queue(9, type="JoinableQueue").queue(8, "other", type="JoinableQueue")
    program.tell(2, "queue_task_done_refused", 8, "x.py:8", thread=thread)
    program.tell(2, "queue_task_done_refused", 9, "x.py:9", thread=thread)
    return program


@pytest.mark.parametrize(("kind", "thread"), [("raised", "MainThread"), ("thread_raised", "Thread-1")])
def test_one_task_done_too_many_is_said_once(kind: str, thread: str) -> None:
    program = refused_report(thread)
    program.tell(2, kind, at="x.py:9", thread=thread, type="ValueError", text="", during="task_done")
    (finding,) = found(program)
    assert finding.id == "task_done_too_many"
    assert finding.figures.items() >= {"process": "p2", "queue": "q", "queue_at": "x.py:2", "at": "x.py:9"}.items()


def test_a_task_done_too_many_that_the_program_catches_is_no_fault() -> None:
    assert ids(refused_report()) == []
    text = "task_done() called too many times"  # the program's own words
    assert ids(refused_report().tell(2, "raised", at="x.py:7", type="ValueError", text=text)) == ["raised"]


# How processes ended -----------------------------------------------------------------------------------------


def test_main_ends_as_if_nothing_had_happened() -> None:
    program = Program(2).tell(2, "raised", at="x.py:9", type="ValueError", text="no")
    assert isinstance(program, Program)
    program.ends(2, 1).ends(1)
    (finding,) = found(program)
    assert "as if nothing had happened" in finding.text
    assert finding.figures.items() >= {"process": "p2", "parent": "p1", "started_at": "x.py:3", "at": "x.py:9"}.items()
    (finding,) = found(Program(2).ends(2, -9).ends(1))
    assert finding.id == "died"
    assert "as if nothing had happened" in finding.text


def test_a_main_that_fails_too_does_not_pretend() -> None:
    (finding,) = found(Program(2).ends(2, -9).ends(1, 1))
    assert finding.text == "{signal} has ended {process}⟨ (PID {pid})⟩⟨, last seen at {at}⟩"


def test_what_a_process_raises_that_is_being_terminated_is_no_surprise() -> None:
    terminated = Program(2).tell(1, "process_terminated", child=2, child_name="p2")
    terminated.tell(2, "raised", at="x.py:9", type="EOFError", text="")
    assert ids(terminated.tell(2, "process_ended", exit_code=15).tell(1, "process_ended", exit_code=0)) == []


@pytest.mark.parametrize(("daemon", "expected"), [(True, []), (False, ["raised"])])
def test_what_a_daemon_raises_when_its_parent_is_done_is_no_surprise(daemon: bool, expected: list[str]) -> None:
    program = Program(2, daemon=daemon).tell(1, "process_returned")
    program.tell(2, "raised", at="x.py:9", type="FileNotFoundError", text="No such file")
    assert ids(program.tell(2, "process_ended", exit_code=1).tell(1, "process_ended", exit_code=0)) == expected


def test_an_executor_tells_the_program_of_a_dead_worker() -> None:
    def executor(main_ends_with: int) -> Story:
        program = Program(2).tell(1, "pool_created", 7, name="pool", type="ProcessPoolExecutor", workers=1)
        program.tell(2, "pool_worker_began", 7).tell(2, "process_ended", exit_code=-9)
        return program.tell(1, "process_ended", exit_code=main_ends_with)

    assert ids(executor(0)) == []
    assert ids(executor(1)) == ["died"]


def test_an_executor_tells_the_program_of_a_worker_that_raised() -> None:
    def executor(main_ends_with: int) -> Story:
        program = Program(2).tell(1, "pool_created", 7, name="pool", type="ProcessPoolExecutor", workers=1)
        program.tell(2, "pool_worker_began", 7).tell(2, "raised", type="ValueError", text="no", during="receiving")
        return program.tell(2, "process_ended", exit_code=1).tell(1, "process_ended", exit_code=main_ends_with)

    assert ids(executor(0)) == []
    assert ids(executor(1)) == ["raised"]


def test_an_exception_that_says_no_more_than_its_name() -> None:
    for text, words in (("", "EOFError"), ("no data", "EOFError: no data")):
        (finding,) = found(Story().began(1).tell(1, "raised", at="x.py:9", type="EOFError", text=text))
        assert finding.figures["error"] == words


@pytest.mark.parametrize("code", [1, -9])
def test_nothing_is_unseen_where_the_program_looked_at_the_exit_code(code: int) -> None:
    program = Program(2)
    if code > 0:
        program.tell(2, "raised", at="x.py:9", type="ValueError", text="no")
    program.ends(2, code).tell(1, "process_exit_code_seen", child=2, child_name="p2", exit_code=code)
    assert ids(program) == []


def test_who_reads_that_a_process_was_killed_and_raises_then_does_not_say_which() -> None:
    program = Program(2).ends(2, -9).tell(1, "process_exit_code_seen", child=2, child_name="p2", exit_code=-9)
    assert ids(program) == []
    program.tell(1, "raised", at="x.py:9", type="RuntimeError", text="a worker died", during=None)
    assert ids(program.ends(1, 1)) == ["raised", "died"]


def test_what_an_executor_says_was_ended_by_the_program() -> None:
    program = Program(2, 3).tell(1, "pool_created", 7, name="pool", type="ProcessPoolExecutor", workers=2)
    for worker in (2, 3):
        program.tell(worker, "pool_worker_began", 7)
    program.tell(1, "process_killed", at="x.py:8", child=2, child_name="p2").ends(2, -9)
    program.tell(1, "process_terminated", child=3, child_name="p3").ends(3, -15)
    program.tell(1, "raised", at="x.py:9", type="BrokenProcessPool", text="", during="broken").ends(1, 1)
    (finding,) = found(program)
    words = sentence_of(finding.text, finding.figures)
    assert words.endswith("p2 was ended by SIGKILL, which p1 sent at x.py:8")
    assert not finding.cure


def test_memory_is_not_the_reason_where_a_worker_raised() -> None:
    program = Program(2, 3).tell(1, "pool_created", 7, name="pool", type="ProcessPoolExecutor", workers=2)
    for worker in (2, 3):
        program.tell(worker, "pool_worker_began", 7)
        program.tell(
            worker, "raised", None, "x.py:5", type="OSError", text="", during="initializing", subject="connect"
        )
    program.ends(2).ends(3, -9)
    program.tell(1, "raised", at="x.py:9", type="BrokenProcessPool", text="", during="broken").ends(1, 1)
    assert [finding.cure for finding in found(program)] == [""]


HAS_SAID = {
    "it has put an item": lambda story: story.queue(9).tell(2, "queue_put", 9, value=1),
    "it has sent a message": lambda story: story.tell(2, "pipe_sent", 8, value=1),
    "it has set an Event": lambda story: story.tell(2, "event_set", 8),
    "it has written to a Value": lambda story: story.tell(2, "value_written", 8, value=1, offset=0, size=1, key=""),
    "it was told to end": lambda story: story.tell(1, "process_terminated", child=2, child_name="p2"),
    "the exit code was seen": lambda story: story.tell(
        1, "process_exit_code_seen", child=2, child_name="p2", exit_code=3
    ),
}


def test_an_exit_code_that_nobody_looked_at() -> None:
    program = Program(2).tell(2, "process_returned", at="x.py:9").tell(2, "process_ended", exit_code=3)
    (finding,) = found(program.tell(1, "process_ended", exit_code=0))
    assert (finding.id, finding.figures["at"]) == ("exit_unseen", "x.py:9")
    words = "p1 ended as if nothing had happened, but p2 had ended with exit code 3, last seen at x.py:9"
    assert sentence_of(finding.text, finding.figures) == words
    assert ids(Program(2).ends(2, 3).ends(1, 3)) == [], "it passes it on"


@pytest.mark.parametrize("how", HAS_SAID)
def test_an_exit_code_need_not_be_looked_at(how: str) -> None:
    program = Program(2)
    HAS_SAID[how](program)
    assert ids(program.tell(2, "process_ended", exit_code=3).tell(1, "process_ended", exit_code=0)) == []


def test_whether_anybody_looked_at_the_exit_code_of_a_subprocess_is_not_seen() -> None:
    assert ids(Story().began(1, 2).tell(2, "raised", at="x.py:9", type="ValueError", text="no")) == []


def test_a_child_that_is_asked_to_end_may_do_so() -> None:
    for code in (-1, -2, -15):
        assert ids(Program(2).ends(2, code)) == []
    assert ids(Program(2).ends(1, -15)) == ["died"]


def test_who_uses_what_a_manager_had_that_is_gone() -> None:
    program = Program(2).tell(2, "raised", at="x.py:9", type="BrokenPipeError", text="no", during="asking")
    (finding,) = found(program.tell(2, "process_ended", exit_code=1).tell(1, "process_ended", exit_code=0))
    assert (finding.id, finding.sentence) == ("raised", "raised.asking")
    words = "p2 ended at x.py:9 by an exception: BrokenPipeError: no; the manager of the object that it used was gone"
    assert sentence_of(finding.text, finding.figures) == words


def test_why_a_process_was_left_behind() -> None:
    def text(program: Story) -> str:
        (finding,) = (one for one in found(program, Outcome(left_behind=(2,))) if one.id == "left_behind")
        return finding.text

    assert "os._exit" in text(Program(2).ends(1))
    assert "{signal}" in text(Program(2).ends(1, -9))
    assert "{parent}" in text(Program(2).tell(1, "process_returned").tell(1, "process_ended", exit_code=0))
    assert "{parent}" not in text(Story().began(1, 2))


# New interpreters --------------------------------------------------------------------------------------------


def test_the_missing_guard_is_said_once() -> None:
    program = Program(2, 3, method="spawn")
    for pid in (2, 3):
        program.tell(pid, "raised", at="x.py:12", type="RuntimeError", text=BOOTSTRAPPING, during="starting")
    (finding,) = found(program)
    assert finding.id == "missing_main_guard"
    assert finding.figures.items() >= {"process": "p2", "at": "x.py:12", "method": "spawn", "count": 2}.items()


@pytest.mark.parametrize("text", NOT_SENT)
def test_what_cannot_be_sent(text: str) -> None:
    type, what = NOT_SENT[text]
    story = Story().began(1).tell(1, "process_created", child_name="p2", daemon=False)
    (finding,) = found(story.tell(1, "raised", at="x.py:9", type=type, text=text, during="sending"))
    assert finding.id == "unpicklable_target"
    assert finding.figures.items() >= {"process": "p1", "at": "x.py:9", "what": what}.items()


def test_what_fails_as_it_is_sent_for_a_reason_of_the_programs_own() -> None:
    story = Story().began(1).tell(1, "raised", at="x.py:9", type="KeyError", text="'b'", during="sending")
    (finding,) = found(story)
    assert (finding.id, finding.figures["error"]) == ("unpicklable_target", "KeyError: 'b'")


SAME_WORDS = [(type, text) for text, (type, _) in NOT_SENT.items()] + [
    ("RuntimeError", BOOTSTRAPPING),
    ("AttributeError", "Can't get attribute 'work' on <module '__main__' from '/f/x.py'>"),
    ("ValueError", "task_done() called too many times"),
]


@pytest.mark.parametrize(("type", "text"), SAME_WORDS)
def test_the_words_of_an_exception_prove_nothing(type: str, text: str) -> None:
    program = Program(2).tell(2, "raised", at="x.py:9", type=type, text=text, during=None)
    assert ids(program.tell(2, "process_ended", exit_code=1).tell(1, "process_ended", exit_code=0)) == ["raised"]


@pytest.mark.parametrize(("method", "module"), [("spawn", "__mp_main__"), ("fork", "__main__")])
def test_what_a_new_process_does_not_find(method: str, module: str) -> None:
    program = Program(2, 3, method=method)
    for pid in (2, 3):
        text = f"Can't get attribute 'work' on <module '{module}' from '/f/x.py'>"
        program.tell(pid, "raised", at="<string>:1", type="AttributeError", text=text, during="receiving")
    (finding,) = found(program)
    assert finding.id == "unknown_target"
    assert finding.figures.items() >= {"process": "p2", "at": "x.py:3", "what": "work", "method": method}.items()
    assert ("{method}" in finding.text) is (method == "spawn")


# What is said of them ----------------------------------------------------------------------------------------


def said(story: Story) -> list[str]:
    return [as_fields(finding)["text"] for finding in found(story)]


def all_raise(children: int, at: str | None = "x.py:9", text: str = "no") -> Program:
    program = Program(*range(2, 2 + children))
    for pid in range(2, 2 + children):
        program.tell(pid, "raised", at=at, type="ValueError", text=text.format(pid=pid))
        program.ends(pid, 1)
    return program.ends(1)


@pytest.mark.parametrize("missing", [5, 6])
def test_what_was_gone_may_be_any_semaphore_of_an_event(missing: int) -> None:
    program = Program(2, method="spawn").tell(1, "event_created", 5, "x.py:4", name="go", type="Event", inside=[6, 7])
    error: dict[str, Any] = {"type": "FileNotFoundError", "text": "", "during": "attaching", "subject": None}
    program.tell(1, "process_returned").tell(2, "raised", missing, "x.py:1", **error)
    (finding,) = found(program.ends(2, 1).ends(1))
    assert (finding.id, finding.figures["object"], finding.figures["made"]) == ("gone_too_early", "go", "x.py:4")


def test_findings_that_differ_by_their_process_alone_are_one() -> None:
    sentence = "p1 ended as if nothing had happened, but {} had ended at x.py:9 by an exception: ValueError: no"
    assert said(all_raise(1)) == [sentence.format("p2")]
    assert said(all_raise(3)) == [sentence.format("3 processes (p2, p3, p4)")]
    assert said(all_raise(4)) == [sentence.format("4 processes (p2, p3, p4, p5)")]
    assert said(all_raise(10)) == [sentence.format("10 processes (p2, p3, p4, … 7 more)")]
    (finding,) = found(all_raise(10))
    assert (finding.figures["same_processes"][-1], finding.figures["same_pids"]) == ("p11", list(range(2, 12)))
    assert len(said(all_raise(3, text="no {pid}"))) == 3, "these say different things"


def test_of_several_that_were_killed_no_pid_is_said() -> None:
    (text,) = said(Program(2, 3).ends(2, -9).ends(3, -9).ends(1, 1))
    assert text == "SIGKILL has ended 2 processes (p2, p3)"


def test_a_place_that_is_not_known_is_left_out() -> None:
    expected = "p1 ended as if nothing had happened, but p2 had ended by an exception: ValueError: no"
    assert said(all_raise(1, at=None)) == [expected]


def test_a_process_without_a_name_is_called_by_its_pid_once() -> None:
    (finding,) = findings(state_of(Program(2).ends(1).events), Outcome(left_behind=(7,)))
    text = as_fields(finding)["text"]
    assert text == "PID 7 still ran when main had ended; procsim ended it"


def test_what_stands_in_brackets_of_other_kinds_stays() -> None:
    assert sentence_of("[{a}] ({b}) ⟨, {c}⟩", {"a": 1, "b": None, "c": None}) == "[1] (None) "


# Processes without anything to run ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subclass", "said"),
    [
        (None, "2 processes (p2, p3) had nothing to do: the Process made at x.py:4 was given no target"),
        ("Shop", "2 processes (p2, p3) had nothing to do: Shop, of which it was made at x.py:4, has no run()"),
    ],
)
def test_those_that_had_nothing_to_do_are_told_of_once(subclass: str | None, said: str) -> None:
    story = Program(2, 3)
    for name in ("p2", "p3"):
        story.tell(1, "process_without_target", at="x.py:3", child_name=name, made="x.py:4", subclass=subclass)
    (finding,) = found(story)
    assert finding.id == "no_target"
    assert sentence_of(finding.text, finding.figures).startswith(said)


def test_a_function_that_was_passed_as_the_group() -> None:
    story = Program()
    fields: dict[str, Any] = {"type": "AssertionError", "text": "group argument must be None for now", "made": None}
    story.tell(1, "raised", None, "x.py:3", during="grouping", subject="work", **fields)
    story.ends(1, 1)
    (finding,) = found(story)
    assert finding.id == "group_given"
    assert sentence_of(finding.text, finding.figures).endswith("must be None; it was work")


# Queues that were found empty ---------------------------------------------------------------------------------


def found_empty(*children: int, line: str = "x.py:8") -> Program:
    """Each of these asks once whether the queue 9 is empty, which it is."""
    story = Program(*children)
    story.queue(9)
    for child in children:
        story.tell(child, "queue_asked", 9, line, empty=True)
    return story


def left(story: Program, *children: int, items: tuple[Any, ...] = (1, 2, 3)) -> Program:
    """Each of these returns, main puts items, and returns, too."""
    for child in children:
        story.tell(child, "process_returned")
    for item in items:
        story.tell(1, "queue_put", 9, "x.py:20", value=item)
    for child in children:
        story.ends(child)
    story.tell(1, "process_returned")
    return story


def test_who_takes_an_empty_queue_for_its_end_loses_what_comes() -> None:
    (finding,) = found(left(found_empty(2, 3), 2, 3))
    assert finding.id == "empty_too_early"
    assert sentence_of(finding.text, finding.figures) == (
        "3 of 3 items of q (made at x.py:2) were never taken: p2, p3 found it empty at x.py:8 before they had come, "
        "and did not look again"
    )


def test_also_where_it_took_some_before_or_the_items_were_on_their_way() -> None:
    story = Program(2)
    story.queue(9).tell(1, "queue_put", 9, value=1).tell(2, "queue_got", 9, value=1).tell(1, "queue_put", 9, value=2)
    story.tell(2, "queue_empty", 9, "x.py:8", took=1)
    (finding,) = found(left(story, 2, items=(3,)))
    assert (finding.id, finding.figures["count"], finding.figures["puts"]) == ("empty_too_early", 2, 3)


NO_LOSS = {
    "it asks again and again": lambda story: story.tell(2, "queue_asked", 9, "x.py:8", empty=True),
    "another one is still there to take": lambda story: story.tell(3, "queue_asked", 9, "x.py:9", empty=False),
    "it sleeps after that": lambda story: story.tell(2, "sleep_began", seconds=1).tell(2, "sleep_ended"),
    "it is told to end": lambda story: story.tell(2, "event_awaited", 7, is_set=True),
    "it sees that it is told to end": lambda story: story.tell(2, "event_seen", 7),
    "it is told to end by an item": lambda story: story.tell(2, "queue_got", 8, value="stop"),
    "it waits as long as it wants to": lambda story: story.tell(2, "queue_get_waiting", 9, timeout=1, native_id=2).tell(
        2, "queue_empty", 9, "x.py:9", took=1
    ),
    "it was ended": lambda story: story.tell(1, "process_terminated", child=2, child_name="p2"),
    "an exception ended it": lambda story: story.tell(
        2, "raised", type="Empty", text="", during=None, subject=None, made=None
    ),
}
"""What happens before it ends, and why nothing is to be said then of the items that are left."""


@pytest.mark.parametrize("before", NO_LOSS)
def test_nothing_is_said_of_an_empty_queue_where(before: str) -> None:
    story = found_empty(2)
    NO_LOSS[before](story)
    assert "empty_too_early" not in ids(left(story, 2))


def test_nothing_is_said_of_what_only_tells_each_one_to_stop() -> None:
    assert ids(left(found_empty(2, 3), 2, 3, items=("stop", "stop"))) == []
    assert ids(left(found_empty(2), 2, items=(1, 2, 3, None))) == ["empty_too_early"]


def test_of_a_run_that_was_ended_nothing_is_said_of_empty_queues() -> None:
    assert ids(left(found_empty(2), 2), Outcome(timed_out=5.0)) == ["time_limit"]


# Waits with a time limit, again and again ---------------------------------------------------------------------


SECONDS = 1_000


def polls(story: Story, pid: int, times: int = 8, kind: str = "queue_get_waiting", at: str = "x.py:9") -> Story:
    """It waits for a second at the queue or lock 9, and again."""
    refused = {"queue_get_waiting": "queue_empty", "lock_waiting": "lock_refused"}
    for _ in range(times):
        story.tell(pid, kind, 9, at, timeout=1, native_id=pid)
        story.passes(SECONDS)
        if kind in refused:
            story.tell(pid, refused[kind], 9, at, took=1)
        else:
            story.tell(pid, "event_awaited", 9, at, is_set=False)
    return story


def died_beside_a_queue() -> Program:
    story = Program(2)
    story.queue(9)
    story.tell(2, "raised", None, "x.py:5", type="KeyError", text="'b'", during=None, subject=None, made=None)
    return story.ends(2, 1)


LIMIT = Outcome(timed_out=8.0)


def test_who_asks_again_and_again_for_an_item_that_nobody_can_put_probably_hangs() -> None:
    finding, _ = found(polls(died_beside_a_queue(), 1), LIMIT)
    assert finding.id == "probably_hangs"
    words = sentence_of(finding.text, finding.figures)
    assert "p1 waits at x.py:9 for an item of q" in words
    assert words.endswith("p2 ended at x.py:5 by an exception: KeyError: 'b'")


def test_who_asks_again_and_again_for_the_lock_of_one_that_died_probably_hangs() -> None:
    story = Program(2)
    story.lock(9).tell(2, "lock_acquired", 9, "x.py:5", entered=False)
    story.ends(2, 1)
    finding, _ = found(polls(story, 1, kind="lock_waiting"), LIMIT)
    assert (finding.id, finding.figures["cause"]["figures"]["holder"]) == ("probably_hangs", "p2")


NO_HANG = {
    "it got one in between": lambda story: polls(polls(story, 1, 4).tell(1, "queue_got", 9, value=1), 1, 1),
    "it was told something in between": lambda story: polls(polls(story, 1, 4).tell(1, "queue_got", 8, value=1), 1, 2),
    "it has stopped asking": lambda story: (
        polls(story, 1).passes(4 * SECONDS).tell(1, "printed", text="", stream="stdout")
    ),
    "it has not asked for long": lambda story: polls(story, 1, 2),
    "it asks an Event, which a signal handler may set": lambda story: polls(story, 1, kind="event_waiting"),
    "another process is at work": lambda story: polls(story.tell(3, "process_began", parent=1, daemon=False), 1),
}
"""What main does while it asks again and again, and why it does not hang."""


@pytest.mark.parametrize("meanwhile", NO_HANG)
def test_who_asks_again_and_again_need_not_hang(meanwhile: str) -> None:
    story = died_beside_a_queue()
    NO_HANG[meanwhile](story)
    assert "probably_hangs" not in ids(story, LIMIT)


def memory(*unlinked: str, code: int = 0) -> Story:
    """Main makes two blocks of shared memory at a line, and ends."""
    story = Story().began(1)
    for name in ("a", "b"):
        story.tell(1, "memory_made", at="x.py:3", name=name)
    for name in unlinked:
        story.tell(2, "memory_unlinked", name=name)
    return story.tell(1, "process_ended", exit_code=code)


def test_shared_memory_that_nobody_unlinks() -> None:
    (finding,) = findings(state_of(memory("b").events), Outcome())
    assert (finding.id, finding.figures["at"], finding.figures["count"]) == ("memory_left", "x.py:3", 1)
    for story, outcome in (
        (memory("a", "b"), Outcome()),
        (memory(), Outcome(timed_out=3.0)),
        (memory(code=1), Outcome()),
    ):
        assert "memory_left" not in [finding.id for finding in findings(state_of(story.events), outcome)]
