"""The executor: real processes, which move as a plan has it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from procsim.explore.copies import CannotExplore
from procsim.explore.executor import Executor
from procsim.explore.explorer import Budget, Explorer
from procsim.explore.faults import faults_of
from procsim.explore.outcomes import Exploration
from procsim.explore.plans import Begun, Wished
from procsim.explore.schedule import (
    CLAIM,
    ENDLESS,
    EXIT_CODE,
    FINDING,
    FORBIDDEN,
    HANG,
    LATE,
    STOPPED,
    UNCAUGHT,
    WHOLE,
    Execution,
    Plan,
)
from procsim.lessons.scenario import load

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = ROOT / "tests" / "programs" / "explored"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a program can be explored on Linux alone")


@contextmanager
def executor(*command: Any, **options: Any) -> Iterator[Executor]:
    """One of a program; of a scenario with what must always hold."""
    made = Executor([str(word) for word in command], options.pop("judge", faults_of), **options)
    try:
        yield made
    finally:
        made.close()


def scenario(name: str, **values: Any) -> dict[str, Any]:
    """The command of a scenario, and who judges it, as keyword arguments of `explored`."""
    found = load(ROOT / "scenarios" / f"{name}.py")
    its = {option.name: option.default for option in found.options} | values
    words = []
    for option, value in values.items():
        name = option.replace("_", "-")
        words += [f"--{name}" if value else f"--no-{name}"] if isinstance(value, bool) else [f"--{name}", str(value)]
    return {"command": [found.path, *words], "judge": partial(faults_of, always=partial(found.always, values=its))}


def executed(made: Executor, plan: Plan) -> Execution:
    made.begin(plan)
    return made.done()[1]


def explored(command: list[Any], executions: int, **options: Any) -> Exploration:
    """What is found within so many executions; each kind is not explained."""
    with executor(*command, **options) as made:
        explorer = Explorer(made, time.monotonic, Budget(executions, None))
        explorer._try_all()
        return explorer.exploration


def faults(exploration: Exploration) -> set[tuple[str, str]]:
    return {(fault.what, fault.id) for outcome in exploration.wrong for fault in outcome.faults}


def shown(execution: Execution) -> list[tuple[Any, ...]]:
    """The steps, as far as they have to be the same each time."""
    return [(step.thread, step.operation, sorted(step.enabled), step.pending, step.refused) for step in execution.steps]


@pytest.mark.parametrize(
    "command",
    [
        scenario("tickets", users=2, lock=False)["command"],
        scenario("prodcons", producers=1, items=2)["command"],
        [PROGRAMS / "turns.py"],
        [PROGRAMS / "managed.py"],
        [PROGRAMS / "leaves.py"],
    ],
    ids=["tickets", "prodcons", "turns", "managed", "leaves"],
)
def test_two_executions_of_one_plan_are_the_same_in_each_place(command: list[Any]) -> None:
    with executor(*command, places=2) as made:
        first = executed(made, Wished([]))
        assert first.ended == WHOLE and first.exit_code == 0 and not first.faults
        for _ in range(3):
            again = executed(made, Begun(first.steps))
            assert again.ended == WHOLE, again.diverged
            assert shown(again) == shown(first)


def test_the_ticket_that_is_sold_twice_is_found_within_ten_executions() -> None:
    found = explored(executions=10, **scenario("tickets", users=2, lock=False))
    assert (CLAIM, "oversold") in faults(found)
    assert found.right is not None
    assert found.tried_all and found.executions <= 10


def test_with_the_lock_all_orders_are_right() -> None:
    found = explored(executions=50, **scenario("tickets", users=2, lock=True))
    assert found.is_right and found.tried_all


def test_two_locks_in_two_orders_are_found_within_five_executions() -> None:
    found = explored([PROGRAMS / "abba.py"], executions=5)
    assert faults(found) == {(HANG, "")} and found.right is not None
    waiting = found.wrong[0].simplest.blocked
    assert {name: waiting[name].object for name in ("Ming", "Lan")} == {"Ming": "spoon", "Lan": "bowl"}


def test_why_it_hangs_is_said_as_in_any_run() -> None:
    (fault,) = explored([PROGRAMS / "abba.py"], executions=5).wrong[0].faults
    assert fault.text.endswith("a deadlock") and "always {first} before {second}" in fault.cure
    assert {fault.figures[name] for name in ("process", "other")} == {"Ming", "Lan"}
    lost = [outcome.faults for outcome in explored([PROGRAMS / "lost_wakeup.py"], executions=20).wrong]
    assert [[each.figures["finding"] for each in faults] for faults in lost] == [["condition_nobody_notifies"]]


@pytest.mark.parametrize("program", ["counter.py", "managed.py", "forks.py"])
def test_an_assertion_fails_in_some_orders(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = explored([PROGRAMS / program], executions=60)
    assert not found.uncontrolled and not list(tmp_path.iterdir())
    assert (UNCAUGHT, "AssertionError") in faults(found)
    assert found.tried_all and found.right is not None


def test_the_pair_that_decides_where_a_process_of_the_managers_has_its_steps_too() -> None:
    with executor(PROGRAMS / "managed.py") as made:
        explorer = Explorer(made, time.monotonic, Budget(60, None))
        explorer.run()
    ((pair,), *_others) = explorer.exploration.wrong[0].pairs
    assert (pair.earlier.operation.kind, pair.later.kind) == ("value_read", "value_written")


@pytest.mark.parametrize("way", ["closed", "ended", "polled", "awaited", "both ways", "forgotten"])
def test_a_pipe_whose_senders_are_gone_comes_to_its_end(way: str) -> None:
    found = explored([PROGRAMS / "ends.py", way], executions=60)
    assert found.is_right, found.uncontrolled
    assert found.right is not None
    kinds = [step.operation.kind for step in found.right.simplest.steps]
    assert kinds.count("pipe_ended") == 1 and kinds.count("pipe_received") == 2


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_program_that_chooses_its_start_method(method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "counter.py"
    text = (PROGRAMS / "counter.py").read_text()
    begin = '"__main__":\n'
    assert begin in text
    choose = f"{begin}    import multiprocessing\n    multiprocessing.set_start_method({method!r})\n"
    program.write_text(text.replace(begin, choose))
    monkeypatch.chdir(tmp_path)
    found = explored([program], executions=60)
    assert (UNCAUGHT, "AssertionError") in faults(found) and found.right is not None
    assert found.tried_all and not found.uncontrolled


def test_a_pipe_whose_end_the_receiver_holds_itself_hangs() -> None:
    found = explored([PROGRAMS / "ends.py", "held"], executions=60)
    assert faults(found) == {(HANG, "")} and found.tried_all and found.right is None
    assert found.wrong[0].simplest.blocked["MainProcess"].kind == "pipe_received"


def test_a_daemon_is_ended_before_and_after_each_of_its_steps() -> None:
    found = explored([PROGRAMS / "leaves.py"], executions=60)
    assert found.is_right and found.right is not None
    assert found.right.tried >= 5, "after none of its four steps, after each, and after its end"


ENDINGS = {
    "closed": {0, 1, 2},
    "closed both ways": {0, 1, 2},
    "closed by two": {0, 1, 2},
    "ended": {0, 1, 2},
    "reset": {1, 2, 3},
    "terminated": {1, 3, 4, 5},
    "killed": {1, 3, 4, 5},
    "killed by a signal": {1, 3, 4, 5},
    "terminated while it waits": {0, 1},
    "lives": {0, 1},
    "shut down": {1, 2},
    "full": {0, 1},
    "counted": {2, 3},
    "aborted": {0, 3},
    "waits at": {0, 1},
    "moved": {1, 2},
    "removed": {1, 3},
    "truncated": {1, 2},
    "truncated by its descriptor": {1, 2},
    "written": {0, 1, 3},
}
"""What may come of each way of `endings.py`, as orders at random find it, too."""


@pytest.mark.parametrize(("way", "codes"), ENDINGS.items(), ids=list(ENDINGS))
def test_what_one_closes_or_ends_another_meets_before_and_after(way: str, codes: set[int]) -> None:
    found = explored([PROGRAMS / "endings.py", way], executions=30)
    assert found.tried_all and not found.uncontrolled
    assert {outcome.simplest.exit_code for outcome in found.outcomes.values()} == codes
    assert not {what for what, _ in faults(found)} - {EXIT_CODE}


def test_closing_an_end_that_others_have_makes_no_difference(tmp_path: Path) -> None:
    program = tmp_path / "sends.py"
    program.write_text(
        "from multiprocessing import Pipe, Process\n"
        "def send(end):\n    end.send(1)\n"
        "receiving, sending = Pipe(False)\n"
        "for _ in range(3):\n    Process(target=send, args=[sending]).start()\n"
    )
    found = explored([program], executions=20)
    assert found.is_right and found.executions == 6, "in which order they send"


@pytest.mark.parametrize("way", ["lock", "queue", "event"])
def test_what_gives_up_may_do_so_each_time(way: str) -> None:
    found = explored([PROGRAMS / "tries.py", way], executions=40)
    assert found.tried_all
    assert {outcome.simplest.exit_code for outcome in found.outcomes.values()} == {0, 1, 2, 3}


POOLED = {
    "mapped": {149},
    "joined": {14},
    "shared": {13, 32, 33},
    "failed": {1, 2},
    "one by one": {14},
    "unordered": {14, 41},
    "endless": {1},
    "ready": {0, 1},
    "in time": {1, 2},
    "called back": {14, 41},
    "executor mapped": {14},
    "executor waited": {14},
    "executor done": {0, 1},
    "executor in time": {1, 2},
    "executor left": {0},
}
"""What may come of each way of `pooled.py`, as orders at random find it, too."""


@pytest.mark.parametrize(("way", "codes"), POOLED.items(), ids=list(POOLED))
def test_which_worker_takes_a_task_is_a_step(way: str, codes: set[int]) -> None:
    found = explored([PROGRAMS / "pooled.py", way], executions=70)
    assert found.tried_all and not found.diverged
    assert {each.what for each in found.uncontrolled} <= ({"thread"} if way == "called back" else set())
    assert {outcome.simplest.exit_code for outcome in found.outcomes.values()} == codes
    assert not {what for what, _ in faults(found)} - {EXIT_CODE, FINDING}
    for outcome in found.outcomes.values():
        assert any(step.operation.kind == "pool_submitted" for step in outcome.simplest.steps)


def test_a_worker_that_dies_in_a_task_lets_others_wait_for_ever(tmp_path: Path) -> None:
    program = tmp_path / "dies.py"
    program.write_text(
        "import os\nfrom multiprocessing import Pool\nif __name__ == '__main__':\n"
        "    with Pool(1) as pool:\n        pool.apply(os._exit, [1])\n"
    )
    found = explored([program], executions=2)
    assert (HANG, "") in faults(found)


def test_what_goes_on_is_cut_off_where_the_budget_is_spent(tmp_path: Path) -> None:
    program = tmp_path / "waits.py"
    program.write_text("import threading\nthreading.Event().wait()\n")
    with executor(program) as made:
        made.until = time.monotonic()
        execution = executed(made, Wished([]))
    assert execution.ended == LATE and not execution.faults


def test_a_notice_that_came_before_the_wait() -> None:
    found = explored([PROGRAMS / "lost_wakeup.py"], executions=20)
    assert faults(found) == {(HANG, "")} and found.tried_all and found.right is not None
    assert found.wrong[0].simplest.blocked["waiter"].kind == "condition_awoke"


def test_a_process_whose_items_do_not_fit_into_the_pipe_goes_on_until_it_is_to_end() -> None:
    found = explored([PROGRAMS / "full_pipe.py"], executions=5)
    assert found.tried_all and found.executions == 1 and not found.uncontrolled
    (fault,) = found.wrong[0].faults
    assert (fault.what, fault.figures["finding"]) == (HANG, "join_before_get")


def test_what_did_not_fit_into_the_pipe_comes_when_there_is_room() -> None:
    found = explored([PROGRAMS / "full_pipe.py", "taken"], executions=5)
    assert found.executions == 5 and not found.wrong and not found.uncontrolled


def test_a_time_limit_is_up_in_some_orders_and_not_in_others() -> None:
    found = explored([PROGRAMS / "time_limit.py"], executions=20)
    assert found.tried_all and found.right is not None
    assert any(step.gave_up for step in found.wrong[0].simplest.steps)
    assert not any(step.gave_up for step in found.right.simplest.steps)


@pytest.mark.parametrize("program", ["connection_wait.py", "started_again.py"])
def test_a_wait_for_any_of_several_things_is_a_step(program: str) -> None:
    found = explored([PROGRAMS.parent / "healthy" / program], executions=20)
    assert not found.uncontrolled and not found.limited
    assert {what for what, _ in faults(found)} <= {UNCAUGHT}, "a worker of the second fails, as it is to"


def test_a_wait_for_a_child_that_comes_to_the_gate_later_knows_its_name(tmp_path: Path) -> None:
    program = tmp_path / "forks.py"
    program.write_text(
        "import os\nfor _ in range(3):\n    pid = os.fork()\n    if not pid:\n        os._exit(0)\n"
        "    os.waitpid(pid, 0)\n"
    )
    for _ in range(5):
        found = explored([program], executions=10)
        assert found.is_right, (found.uncontrolled, found.diverged)


def test_a_wait_for_another_program_is_no_hang(tmp_path: Path) -> None:
    program = tmp_path / "calls.py"
    program.write_text(
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(1)'], check=True)\n"
    )
    found = explored([program], executions=2, allowed=["programs"])
    assert not found.wrong and not found.is_right
    assert {each.what for each in found.uncontrolled} >= {"program"}


def test_who_asks_in_a_loop_lets_others_go_first() -> None:
    found = explored([PROGRAMS / "asks.py", "told"], executions=30)
    assert not found.wrong and not found.limited
    assert found.right is not None


def test_a_loop_that_nobody_ends_is_said_to_be_one() -> None:
    found = explored([PROGRAMS / "asks.py", "never"], executions=2)
    assert faults(found) == {(ENDLESS, "")} and found.right is None


def test_each_wait_for_a_time_gives_up_at_once() -> None:
    found = explored([PROGRAMS.parent / "healthy" / "time_limits.py"], executions=10)
    assert found.is_right


def test_a_number_of_many_digits_is_shown_short() -> None:
    found = explored([PROGRAMS.parent / "healthy" / "odd_values.py"], executions=2)
    assert found.executions == 2 or found.tried_all
    assert not found.wrong


def test_what_is_written_inside_is_seen_by_nobody_and_what_is_outside_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside.txt"
    project.mkdir()
    monkeypatch.chdir(project)
    with executor(PROGRAMS / "outside.py", outside) as made:
        execution = executed(made, Wished([]))
    assert execution.ended == STOPPED
    (fault,) = execution.faults
    assert (fault.what, fault.thread, fault.figures["name"]) == (FORBIDDEN, "writer", str(outside))
    assert fault.at.startswith("outside.py:")
    assert not outside.exists() and not list(project.iterdir())
    with executor(PROGRAMS / "outside.py", outside, allowed=[str(tmp_path)]) as made:
        execution = executed(made, Wished([]))
    assert execution.ended == WHOLE and not execution.faults
    assert outside.exists() and not list(project.iterdir())


@pytest.mark.parametrize(
    ("text", "words"),
    [("def", "program.py:1: SyntaxError"), (None, "No such file")],
    ids=["does not parse", "is not there"],
)
def test_a_program_that_cannot_be_begun_is_one_line(tmp_path: Path, text: str | None, words: str) -> None:
    program = tmp_path / "program.py"
    if text is not None:
        program.write_text(text)
    with pytest.raises(CannotExplore, match=words) as raised, executor(program):
        pass
    assert "\n" not in str(raised.value)


KILLED = """
import sys
from procsim.explore.executor import Executor
from procsim.explore.faults import faults_of
from procsim.explore.plans import Wished

made = Executor(sys.argv[1:], faults_of)
for _ in range(made.places):
    made.begin(Wished([]))
print(*(slot.folder for slot in made._slots), flush=True)
while True:
    made.done()
    made.begin(Wished([]))
"""


@pytest.mark.parametrize(
    ("program", "each"), [(scenario("tickets", users=3)["command"], 3), ([PROGRAMS / "computes.py"], 4)]
)
def test_an_explorer_that_is_killed_leaves_nothing(program: list[Any], each: int, tmp_path: Path) -> None:
    """`each`: so many processes at least belong to each slot: a guardian, a zygote, and what that has forked."""
    command = [sys.executable, "-c", KILLED, *map(str, program)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(tmp_path)}
    ) as run:
        assert run.stdout is not None
        folders = run.stdout.readline().split()
        assert folders
        family: list[psutil.Process] = []
        while len(family) < each * len(folders):
            family = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(signal.SIGKILL)
    _gone, left = psutil.wait_procs(family, timeout=60)
    assert not left
    deadline = time.monotonic() + 60
    while any(map(os.path.exists, folders)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(os.path.exists, folders))
    assert not [process for process in psutil.process_iter() if _belongs(process, folders)]


def test_a_zygote_that_is_killed_takes_its_processes_along() -> None:
    with executor(*scenario("tickets", users=2)["command"], places=1) as made:
        made.begin(Wished([]))
        family = psutil.Process(made._slots[0]._zygote.pid).children(recursive=True)
        while not family:
            family = psutil.Process(made._slots[0]._zygote.pid).children(recursive=True)
        made._slots[0]._zygote.kill()
        with pytest.raises((CannotExplore, OSError)):
            made.done()
    _gone, left = psutil.wait_procs(family, timeout=60)
    assert not left


def _belongs(process: psutil.Process, folders: list[str]) -> bool:
    try:
        return process.environ().get("PROCSIM_RUN") in folders
    except psutil.Error:
        return False
