"""How events are handed on to the picture, the recording and the view."""

from procsim.conductor import Conductor
from procsim.events import Event
from procsim.session import _follow
from procsim.state import RunState
from procsim.views import Again
from procsim.views.base import Verdict
from tests.events import MS, Story


class Notebook:
    """A view that keeps the events that it was shown."""

    again = Again.NO

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __enter__(self) -> "Notebook":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def event(self, event: Event, run: RunState) -> None:
        self.events.append(event)

    def tick(self, run: RunState, conductor: Conductor | None) -> None:
        return

    def finish(self, run: RunState, verdict: Verdict) -> None:
        return


def test_an_event_that_comes_late_is_taken_for_as_late_as_the_one_before_it() -> None:
    story = Story().began(1, 2).lock(9).tell(1, "lock_waiting", 9, "x.py:3").tell(1, "lock_acquired", 9, "x.py:3")
    *events, waiting, acquired = story.events
    batches = [events, [acquired._replace(t=90 * MS), waiting._replace(pid=2, process="p2", t=70 * MS)], []]
    state, view = RunState(), Notebook()
    _follow(batches, state, view, None)
    assert [event.t for event in view.events] == [*(event.t for event in events), 90 * MS, 90 * MS]
    assert state.processes[2].waits["MainThread"].since == 90 * MS
    assert state.t == 90 * MS
