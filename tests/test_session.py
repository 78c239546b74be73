"""The times of events, as the state, the recording and the view get them."""

from procsim.session.monotonic import Monotonic
from procsim.state.apply import draw
from tests.events import MS, Story


def test_an_event_that_comes_late_is_taken_for_as_late_as_the_one_before_it() -> None:
    story = Story().began(1, 2).lock(9).tell(1, "lock_waiting", 9, "x.py:3").tell(1, "lock_acquired", 9, "x.py:3")
    *events, waiting, acquired = story.events
    batches = [events, [acquired._replace(t=90 * MS), waiting._replace(pid=2, process="p2", t=70 * MS)], []]
    monotonic = Monotonic()
    told = [event for batch in batches for event in monotonic.times(batch)]
    assert [event.t for event in told] == [*(event.t for event in events), 90 * MS, 90 * MS]
    assert [event.kind for event in told] == [*(event.kind for event in events), "lock_acquired", "lock_waiting"]
    state = draw(told)
    assert state.processes[2].waits["MainThread"].since == 90 * MS
    assert state.t == 90 * MS
