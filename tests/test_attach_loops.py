"""What a loop of the program asks for, by its source."""

import os
from pathlib import Path
from textwrap import indent

import pytest

from procsim.attach.loops import Question, question_at, question_of

SLEEPS = "time.sleep(1)"


def asked(tmp_path: Path, loop: str, line: str = SLEEPS) -> Question | None:
    """What the loop asks in which a thread stands at this line."""
    path = tmp_path / "program.py"
    path.write_text(
        f"def main(self, worker, workers, rows, near, lock, ready, stopping, limit):\n{indent(loop, '    ')}"
    )
    number = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if line in text)
    return question_at(str(path), path.stat().st_mtime_ns, number)


@pytest.mark.parametrize(
    ("loop", "method", "variable"),
    [
        ("while worker.is_alive():\n    time.sleep(1)", "is_alive", "worker"),
        (
            "while self.worker.is_alive():\n    print('not yet', rows)\n    time.sleep(1)",
            "is_alive",
            "self.worker",
        ),
        ("while any(each.is_alive() for each in workers):\n    time.sleep(1)", "is_alive", "workers"),
        ("while not all([not each.is_alive() for each in workers]):\n    time.sleep(1)", "is_alive", "workers"),
        ("while True:\n    if not worker.is_alive():\n        break\n    time.sleep(1)", "is_alive", "worker"),
        ("while worker.exitcode is None:\n    time.sleep(1)", "exitcode", "worker"),
        ("while rows.empty():\n    sleep(limit); time.sleep(1)", "empty", "rows"),
        ("while not near.poll():\n    time.sleep(1)", "poll", "near"),
        ("while not ready.is_set():\n    time.sleep(1)", "is_set", "ready"),
        ("while not lock.acquire(block=False):\n    time.sleep(1)", "acquire", "lock"),
        ("while not lock.acquire(False):\n    time.sleep(1)", "acquire", "lock"),
        ("while True:\n    time.sleep(1)", "", ""),
        ("for row in rows:\n    while worker.is_alive():\n        time.sleep(1)", "is_alive", "worker"),
    ],
)
def test_a_loop_that_does_nothing_but_ask(tmp_path: Path, loop: str, method: str, variable: str) -> None:
    question = asked(tmp_path, loop)
    assert question is not None
    assert (question.method, ".".join(question.variable)) == (method, variable)
    assert question.each == (variable == "workers")


@pytest.mark.parametrize(
    "loop",
    [
        "time.sleep(1)",
        "for _ in range(limit):\n    time.sleep(1)",
        "while worker.is_alive() and not stopping:\n    time.sleep(1)",
        "while worker.is_alive() and time.time() < limit:\n    time.sleep(1)",
        "while worker.is_alive():\n    time.sleep(1)\n    limit -= 1",
        "while worker.is_alive():\n    time.sleep(1)\n    self.beat()",
        "while worker.is_alive():\n    time.sleep(1)\n    rows.put(limit)",
        "while worker.is_alive():\n    print(rows.get())\n    time.sleep(1)",
        "while worker.is_alive():\n    if limit in rows:\n        break\n    time.sleep(1)",
        "while worker.is_alive():\n    if rows[0]:\n        break\n    time.sleep(1)",
        "while worker.is_alive() and rows.empty():\n    time.sleep(1)",
        "while any(each.is_alive() for each in workers if each):\n    time.sleep(1)",
        "while any(each.is_alive() for each in self.all()):\n    time.sleep(1)",
        "while worker.is_alive():\n    for _ in rows:\n        time.sleep(1)",
        "while worker.is_alive():\n    with lock:\n        time.sleep(1)",
        "while worker.is_alive():\n    yield time.sleep(1)",
        "while worker.is_alive():\n    raise time.sleep(1)",
        "while worker.is_alive():\n    pass\nelse:\n    time.sleep(1)",
        "while worker.is_alive():\n    def beat():\n        time.sleep(1)\n    pass",
        "while near.poll(2):\n    time.sleep(1)",
        "while not lock.acquire():\n    time.sleep(1)",
        "while not lock.acquire(True):\n    time.sleep(1)",
        "while not lock.acquire(False, 1):\n    time.sleep(1)",
        "while not lock.acquire(timeout=False):\n    time.sleep(1)",
        "while stopping:\n    time.sleep(1)",
        "while True:\n    if limit:\n        break\n    time.sleep(1)",
    ],
)
def test_a_loop_that_does_more_counts_or_can_be_left_otherwise(tmp_path: Path, loop: str) -> None:
    assert asked(tmp_path, loop) is None


def test_a_file_that_is_no_python_or_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "no_python.py"
    path.write_text("while worker.is_alive(:\n")
    assert question_at(str(path), 1.0, 1) is None
    assert question_at(str(tmp_path / "none.py"), 1.0, 1) is None


def test_the_file_must_be_older_than_the_process_and_one_that_can_be_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("while worker.is_alive():\n    time.sleep(1)\n")
    assert question_of(os.getpid(), str(path), 2) is None, "it was written after this process had begun"
    os.utime(path, (1e9, 1e9))
    assert question_of(os.getpid(), str(path), 2) is not None
    assert question_of(os.getpid(), str(path), None) is None
    assert question_of(os.getpid(), "program.py", 2) is None
    assert question_of(os.getpid(), "/proc/self/status", 2) is None
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    os.utime(pipe, (1e9, 1e9))
    assert question_of(os.getpid(), str(pipe), 2) is None
