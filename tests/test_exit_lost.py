"""Who asks whether a process lives that has ended, and is told that it does."""

import pytest

from procsim.findings import Outcome
from procsim.findings.base import as_fields
from procsim.findings.exit_lost import exit_codes_lost
from procsim.state.apply import state_of
from tests.events import Story
from tests.test_findings import Program, found
from tests.test_polls import sleeps


def asks_after_the_end(times: int, sigchld: str = "ignored") -> Story:
    story: Story = Program(2)
    story.tell(1, "process_polled", at="x.py:9", child=2, child_name="p2", sigchld=sigchld)
    story.tell(2, "process_ended", exit_code=None)
    for _ in range(times):
        sleeps(story, 1)
        story.tell(1, "process_polled", at="x.py:9", child=2, child_name="p2", sigchld=sigchld)
    return story


def test_its_exit_code_was_lost() -> None:
    story = asks_after_the_end(2)
    (finding,) = found(story, Outcome())
    assert (finding.id, finding.certain, finding.pid) == ("exit_code_lost", True, 1)
    assert (finding.figures["at"], finding.figures["child"]) == ("x.py:9", "p2")
    assert finding.sentence == "exit_code_lost.ignored"
    assert len([*exit_codes_lost(state_of(story.events))]) == 1, "while it runs, too"


@pytest.mark.parametrize(
    ("sigchld", "sentence"), [("handled", "exit_code_lost.handled"), ("", ""), ("ignored", "exit_code_lost.ignored")]
)
def test_who_has_taken_it(sigchld: str, sentence: str) -> None:
    (finding,) = found(asks_after_the_end(2, sigchld), Outcome())
    assert finding.sentence == sentence


def test_not_where_it_may_have_asked_before_the_end() -> None:
    assert found(asks_after_the_end(1), Outcome()) == []


def test_it_is_said_once() -> None:
    story = asks_after_the_end(2)
    (finding,) = exit_codes_lost(state_of(story.events))
    run = state_of(story.tell(1, "finding", **as_fields(finding)).events)
    assert [*exit_codes_lost(run)] == []
