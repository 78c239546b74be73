"""Makes the times of a run's events monotonic, so that no log, recording or state goes back in time.

The order of events is certain (cause before effect). A time can be a little too early, because a process was
interrupted between reading the clock and emitting the event, or because procsim found a death while others still had
events to emit. An event whose time is before that of its predecessor is given its predecessor's time.
"""

from itertools import accumulate

from procsim.wire.events import Event


class Monotonic:
    """The times of one run's events."""

    def __init__(self) -> None:
        self._latest = 0

    def times(self, batch: list[Event]) -> list[Event]:
        """The events that come next, in the same order, none of them earlier than the one before it."""
        times = [event.t for event in batch]
        if not times or (times[0] >= self._latest and times == sorted(times)):  # as nearly always
            self._latest = times[-1] if times else self._latest
            return batch
        latest = [*accumulate(times, max, initial=self._latest)][1:]
        self._latest = latest[-1]
        return [event if event.t == t else event._replace(t=t) for event, t in zip(batch, latest, strict=True)]
