"""How a recording is played: whether it moves on, how fast, and which time of the run is due now."""

import time
from collections.abc import Callable

PACE_FACTOR = 1.5
"""The factor by which `+` and `-` change the pace."""

SLOWEST, FASTEST = 1e-6, 1e6
"""The paces that these keys lead to at the most; without them a key that is held down would lead to 0 and infinity."""

LATEST = 1 << 63
"""ns: later than any event, however fast a recording is played."""


class Playing:
    """The clock of a recording."""

    def __init__(self, speed: float = 1, clock: Callable[[], float] = time.monotonic) -> None:
        """So many seconds of the run go by in one second. `clock` returns seconds, and never goes back."""
        self.goes_on = True
        self.speed = speed
        self._clock = clock
        self._began: tuple[float, int] | None = None
        """When it was begun, in seconds of the clock, and from which time of the run on, in ns."""

    def due(self, t: int) -> int:
        """The time of the run that is due now, in ns; `t`: that of the moment that is shown."""
        now = self._clock()
        if self._began is None:
            self._began = now, t
        since, start = self._began
        return int(min(start + (now - since) * self.speed * 1e9, LATEST))

    def go_on_from_here(self) -> None:
        """Count from the moment that is shown, however much time has passed."""
        self._began = None

    def set_going(self, goes_on: bool) -> None:
        """Play on from the moment that is shown, or stop there."""
        self.goes_on, self._began = goes_on, None

    def change_pace(self, faster: bool) -> None:
        """Play it faster, or slower."""
        self.speed = min(max(self.speed * (PACE_FACTOR if faster else 1 / PACE_FACTOR), SLOWEST), FASTEST)
        self._began = None
