"""What is found about the tasks of a pool, from lists of events: lost ones, starved ones, and where an error began."""

from typing import Any

import pytest

from procsim.findings import Finding, Outcome, findings
from procsim.findings.base import as_fields
from procsim.findings.hangs import hangs
from procsim.state.apply import state_of
from tests.events import Story

STUCK: dict[str, Any] = {"open_in": (), "in_message": False}


def a_pool(type: str = "Pool", size: int = 2) -> Story:
    """The first process makes a pool, whose two workers have a task each, and submits another function to it."""
    story = Story().began(1).tell(1, "pool_created", 5, "x.py:1", name="pool", type=type, workers=size)
    story.tell(1, "event_created", 8, "x.py:1", name="opened", type="Event")
    for pid in (2, 3):
        story.tell(pid, "process_began", parent=1, daemon=True).tell(pid, "pool_worker_began", 5)
        story.tell(1, "pool_submitted", 5, "x.py:2", job=pid, function="visit", tasks=1)
    return story


def work(story: Story, *pids: int, function: str = "visit") -> Story:
    """These workers have a task, and wait in it for ever; so does the first process for the pool."""
    for pid in pids:
        story.tell(pid, "pool_task_began", 5, "x.py:6", job=pid, task=0, items=1, function=function)
        story.tell(pid, "event_waiting", 8, "x.py:7", timeout=None, native_id=pid)
    story.tell(1, "pool_result_waiting", 5, "x.py:3", job=2, timeout=None, native_id=1)
    for pid in pids:
        story.tell(pid, "process_stuck", 8, "x.py:7", wait="event_waiting", **STUCK)
    return story.tell(1, "process_stuck", 5, "x.py:3", wait="pool_result_waiting", **STUCK)


def submit(story: Story, function: str) -> Story:
    return story.tell(1, "pool_submitted", 5, "x.py:4", job=9, function=function, tasks=1)


def hang(story: Story) -> Finding:
    (finding,) = hangs(state_of(story.events))
    return finding


@pytest.mark.parametrize("type", ["Pool", "ProcessPoolExecutor", "WorkerPool"])
def test_a_task_that_no_worker_is_free_for(type: str) -> None:
    finding = hang(work(submit(a_pool(type), "open"), 2, 3))
    figures = finding.figures
    assert (finding.id, figures["process"], figures["at"], figures["task"]) == ("pool_starved", "p2", "x.py:7", "visit")
    assert (figures["function"], figures["submitted"], figures["pool"]) == ("open", "x.py:4", "pool")


NOT_STARVED = {
    "all tasks have begun": lambda: work(a_pool(), 2, 3),
    "the others are of the same function": lambda: work(submit(a_pool(), "visit"), 2, 3),
    "which function they are of is not known": lambda: work(submit(a_pool(), ""), 2, 3),
    "a worker is free": lambda: work(submit(a_pool(), "open"), 2),
    "another worker may come": lambda: work(submit(a_pool(size=3), "open"), 2, 3),
    "the pool is terminated": lambda: work(submit(a_pool(), "open").tell(1, "pool_terminated", 5, "x.py:9"), 2, 3),
}


@pytest.mark.parametrize("case", NOT_STARVED)
def test_where_no_worker_would_help(case: str) -> None:
    assert "pool_starved" not in [finding.id for finding in hangs(state_of(NOT_STARVED[case]().events))]


def unread(type: str) -> Story:
    story = a_pool(type).tell(1, "pool_result_waiting", 5, "x.py:3", job=2, timeout=None, native_id=1)
    for pid in (2, 3):
        story.tell(pid, "pool_task_unread", 5, "x.py:8", type="TypeError", text="no second")
        story.tell(pid, "raised", None, "x.py:8", type="TypeError", text="no second", during="receiving")
        story.tell(pid, "process_ended", exit_code=1)
    story.tell(4, "process_began", parent=1, daemon=True).tell(4, "pool_worker_began", 5)
    return story.tell(1, "process_stuck", 5, "x.py:3", wait="pool_result_waiting", **STUCK)


def test_tasks_that_workers_could_not_unpickle_are_one_finding_which_names_their_end() -> None:
    finding = hang(unread("Pool"))
    figures = finding.figures
    assert (finding.id, figures["worker"], figures["raised_at"]) == ("pool_task_lost", "p2", "x.py:8")
    assert figures["error"] == "TypeError: no second"
    story = unread("Pool").tell(0, "finding", **as_fields(finding)).tell(1, "process_ended", exit_code=-15)
    assert "raised" not in [each.id for each in findings(state_of(story.events), Outcome())]


def test_an_executor_breaks_instead() -> None:
    assert "pool_task_lost" not in [finding.id for finding in hangs(state_of(unread("ProcessPoolExecutor").events))]


def failed(during: str | None = None, type: str = "KeyError", task_type: str = "KeyError", text: str = "'a'") -> Story:
    """A task raises, the first process gets an error, and ends by it."""
    fields: dict[str, Any] = {"job": 2, "function": "visit"}
    story = a_pool("ProcessPoolExecutor")
    story.tell(2, "pool_task_raised", 5, "x.py:8", **fields, type=task_type, text="'a'", during=None)
    error: dict[str, Any] = {"type": type, "text": text, "during": during, "inherited": None, "heard": False}
    story.tell(1, "pool_job_failed", 5, **fields, submitted="x.py:2", **error)
    story.tell(1, "pool_error_seen", 5, **fields, submitted="x.py:2")
    story.tell(1, "raised", None, "x.py:3", type=type, text=text, during=during)
    return story.tell(1, "process_ended", exit_code=1)


def ended_by(story: Story) -> Finding:
    (finding,) = [each for each in findings(state_of(story.events), Outcome()) if each.id == "raised"]
    return finding


def test_an_exception_of_a_task_that_ends_the_process_which_asked_for_it() -> None:
    finding = ended_by(failed())
    assert finding.sentence == "raised.in_task"
    assert (finding.figures["function"], finding.figures["raised_at"]) == ("visit", "x.py:8")
    assert not finding.cure


def test_an_exception_that_only_looks_like_that_of_a_task() -> None:
    assert ended_by(failed(type="ValueError")).sentence != "raised.in_task"
    assert ended_by(failed(text="'b'")).sentence != "raised.in_task"


def test_an_exception_of_a_task_that_could_not_come_to_who_asked() -> None:
    answered = ended_by(failed("answering", "MaybeEncodingError", "NotFoundError"))
    assert (answered.sentence, answered.figures["raised_at"]) == ("raised.not_pickled", "x.py:8")
    broken = ended_by(failed("broken", "BrokenProcessPool", "HTTPError"))
    assert (broken.sentence, broken.figures["raised"]) == ("raised.not_unpickled", "HTTPError")
    assert "HTTPError" not in broken.text and "{raised}" in broken.cure


def test_where_the_workers_stood_when_a_time_limit_was_up() -> None:
    story = a_pool().tell(2, "pool_task_began", 5, "x.py:6", job=2, task=0, items=1, function="visit")
    story.tell(2, "event_waiting", 8, "x.py:7", timeout=None, native_id=2)
    story.tell(1, "raised", None, "x.py:3", type="TimeoutError", text="", during=None)
    story.tell(1, "process_ended", exit_code=1)
    (row,) = ended_by(story).figures["standing"]
    assert (row["process"], row["at"]) == ("p2", "x.py:7")
