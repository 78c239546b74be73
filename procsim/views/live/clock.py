"""The clock of a live view: how far a run is, also while nothing happens."""


class Clock:
    """Goes on by itself between two events, and never back."""

    def __init__(self, speed: float = 1) -> None:
        """`speed`: how many seconds of the run go by in a second of people's; of a replay it may be other than 1."""
        self._speed = speed
        self._told = self._shown = 0
        """ns of the run: the last event's; what was shown last."""
        self._seen: float | None = None
        """When that event was seen."""

    def at(self, t: int, now: float) -> int:
        """ns of the run, whose last event was at `t` (ns, too); `now`: seconds of a clock that never goes back."""
        if self._seen is None or t != self._told:
            self._told, self._seen = t, now
        self._shown = max(self._shown, t + int((now - self._seen) * self._speed * 1e9))
        return self._shown
