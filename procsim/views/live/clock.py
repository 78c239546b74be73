"""The clock of a live view: how far the run is, also between two events."""


class Clock:
    """Goes on between two events, and never goes back."""

    def __init__(self, speed: float = 1) -> None:
        """`speed`: seconds of the run that go by in one second; other than 1 in a replay."""
        self._speed = speed
        self._last = self._shown = 0
        """ns of the run: the time of the last event, and the time that was shown last."""
        self._seen: float | None = None
        """When that event came, in seconds of `now`."""

    def at(self, t: int, now: float) -> int:
        """The time of the run in ns. `t`: that of its last event, in ns; `now`: seconds of a monotonic clock."""
        if self._seen is None or t != self._last:
            self._last, self._seen = t, now
        self._shown = max(self._shown, t + int((now - self._seen) * self._speed * 1e9))
        return self._shown
