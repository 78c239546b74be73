"""Who reads a Value, or looks into what a manager has, again and again: when that is probably a hang."""

from collections.abc import Callable

import pytest

from procsim.findings import Outcome
from tests.events import Story
from tests.test_findings import Program
from tests.test_polls import SECONDS, hangs, raised, sleeps

LIMIT = Outcome(timed_out=8.0, repeats=True)


def shared(*children: int, type: str = "Value") -> Program:
    story = Program(*children)
    story.tell(1, "value_created", 9, "x.py:2", name="done", type=type, length=1, lock=None)
    return story


def reads(story: Story, pid: int = 1, times: int = 8, value: int = 1) -> Story:
    """It reads the Value, and sleeps for a second, and again."""
    for _ in range(times):
        sleeps(story.tell(pid, "value_read", 9, "x.py:9", value=value), pid)
    return story


def looks(story: Story, times: int = 8) -> Story:
    """It looks whether a manager's dict has an entry, and sleeps, and again."""
    for _ in range(times):
        story.tell(1, "manager_called", None, "x.py:9", type="dict", method="__contains__", timeout=None, native_id=1)
        story.tell(1, "manager_answered", 9, "x.py:9", type="dict", method="__contains__", took=0)
        sleeps(story, 1)
    return story


def test_a_value_that_only_one_who_died_would_have_changed() -> None:
    (text,) = hangs(reads(raised(shared(2))))
    assert text.startswith("probably a hang (8 s so far): p1 reads done (made at x.py:2) again and again at x.py:9")
    assert text.endswith("nobody is left who could change it: p2 ended at x.py:5 by an exception: KeyError: 'b'")


def test_an_entry_of_a_manager() -> None:
    story = shared(2, 3, type="dict").tell(3, "manager_began", public=False)
    (text,) = hangs(looks(raised(story)))
    assert "p1 reads done" in text and "p2 ended at x.py:5" in text


def test_all_who_ever_wrote_have_ended() -> None:
    story = shared(2).tell(2, "value_written", 9, "x.py:5", value=1)
    assert len(hangs(reads(story.ends(2, 0)))) == 1


def read_it_itself() -> Story:
    return reads(raised(shared(2).tell(2, "value_read", 9, "x.py:4", value=0)))


IN_PEACE: dict[str, Callable[[], Story]] = {
    "nobody has failed, and nobody has written": lambda: reads(shared(2).ends(2, 0)),
    "the one that failed polled it, too": read_it_itself,
    "another one is there": lambda: reads(
        raised(shared(2, 3)).tell(3, "queue_get_waiting", 8, timeout=None, native_id=3)
    ),
    "it is only read once": lambda: sleeps(raised(shared(2)).tell(1, "value_read", 9, "x.py:9", value=1), 1),
    "it was changed a moment ago": lambda: reads(
        reads(shared(2)).tell(2, "value_written", 9, "x.py:5", value=1).tell(2, "process_ended", exit_code=1), times=2
    ),
    "it writes in between": lambda: reads(
        reads(raised(shared(2)), times=6).tell(1, "value_set", 9, "x.py:9", value=2), times=2
    ),
    "it does something for others in between": lambda: reads(
        reads(raised(shared(2)), times=6).tell(1, "queue_put", 8, value=2), times=2
    ),
    "it asks whether others live, too, which ends the loop": lambda: sleeps(
        reads(raised(shared(2, 3))).tell(1, "process_polled", None, "x.py:8", child=3, child_name="p3"), 1
    ),
}


@pytest.mark.parametrize("case", IN_PEACE)
def test_who_reads_again_and_again_need_not_hang(case: str) -> None:
    assert hangs(IN_PEACE[case]()) == []


def test_not_where_it_is_not_known_that_nothing_else_goes_on() -> None:
    assert hangs(reads(raised(shared(2))), Outcome(timed_out=8.0)) == []


# A queue that is to become empty ------------------------------------------------------------------------------


def asks_whether_empty(story: Story, empty: bool = False) -> Story:
    for _ in range(2):
        sleeps(story.tell(1, "queue_asked", 9, "x.py:9", empty=empty), 1)
    for _ in range(6):
        sleeps(story, 1)
    return story


def test_who_waits_until_others_have_emptied_a_queue() -> None:
    story = Program(2)
    story.queue(9).tell(1, "queue_put", 9, value=1).tell(1, "queue_put", 9, value=2)
    (text,) = hangs(asks_whether_empty(raised(story.tell(2, "queue_got", 9, value=1))))
    assert "p1 looks again and again at x.py:9 whether q (made at x.py:2) is empty" in text
    assert "1 still in it, and nobody is left who could take one: p2 ended at x.py:5" in text


def test_not_where_one_that_takes_is_there() -> None:
    story = Program(2, 3)
    story.queue(9).tell(1, "queue_put", 9, value=1).tell(3, "queue_got", 9, value=1).tell(1, "queue_put", 9, value=1)
    story.tell(3, "sleep_began", seconds=30, native_id=3)
    assert hangs(asks_whether_empty(raised(story))) == []


# A condition --------------------------------------------------------------------------------------------------


def test_a_condition_waited_for_again_and_again_with_a_time_limit() -> None:
    story = raised(Program(2).lock(9))
    for _ in range(8):
        story.tell(1, "condition_waiting", 9, "x.py:9", timeout=1, native_id=1).passes(SECONDS)
        story.tell(1, "condition_awoke", 9, "x.py:9", notified=False)
    (text,) = hangs(story)
    assert "p1 waits at x.py:9 for a notice on mutex" in text and "p2 ended at x.py:5" in text
    assert hangs(story.tell(1, "condition_awoke", 9, "x.py:9", notified=True)) == []
