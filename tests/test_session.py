"""How events are handed on to the picture, the recording and the view."""

from procsim.session.session import never_back
from procsim.state.apply import state_of
from tests.events import MS, Story


def test_an_event_that_comes_late_is_taken_for_as_late_as_the_one_before_it() -> None:
    story = Story().began(1, 2).lock(9).tell(1, "lock_waiting", 9, "x.py:3").tell(1, "lock_acquired", 9, "x.py:3")
    *events, waiting, acquired = story.events
    batches = [events, [acquired._replace(t=90 * MS), waiting._replace(pid=2, process="p2", t=70 * MS)], []]
    told = [event for batch in never_back(batches) for event in batch]
    assert [event.t for event in told] == [*(event.t for event in events), 90 * MS, 90 * MS]
    assert [event.kind for event in told] == [*(event.kind for event in events), "lock_acquired", "lock_waiting"]
    state = state_of(told)
    assert state.processes[2].waits["MainThread"].since == 90 * MS
    assert state.t == 90 * MS
