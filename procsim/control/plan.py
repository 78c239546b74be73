"""How a run begins: who moves, and when. It is known before the program is started, and imports little."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from procsim.control.conductor import Chooser
    from procsim.control.steps import Step

SLOWEST, FASTEST = 0.1, 1000.0
"""Steps a second."""


class Plan(NamedTuple):
    """How a run begins: in one of these ways, or freely."""

    held: bool = False
    """It stands until people let it move."""
    pace: float | None = None
    """Steps a second."""
    schedule: "Sequence[Step]" = ()
    """The steps to take first, in this order. After them the run stands or goes on as the fields above say."""
    further: frozenset[str] = frozenset()
    """What is a step in this run, too: see `gate_words.FURTHER`."""
    chosen: tuple[str, int] | None = None
    """The process that is selected after the schedule: its name, and its place among the processes of that name."""
    asks: bool = False
    """It goes at a pace up to the step that decides, before which people are asked for a prediction."""

    @property
    def is_free(self) -> bool:
        """Whether the gate is open from the beginning, and all move freely."""
        return not (self.held or self.pace is not None or self.schedule or self.chosen or self.asks)

    def chooser(self) -> "Chooser | None":
        """A new chooser for a run that begins so; None: all move freely."""
        from procsim.control.choosers import ASKING_PACE, AtPace, ByHand, BySchedule  # most runs move freely

        after: Chooser | None = ByHand() if self.held else None
        pace = ASKING_PACE if self.asks and self.pace is None else self.pace
        if pace is not None:
            after = AtPace(pace)
        return BySchedule(self.schedule, after, self.chosen) if self.schedule or self.chosen else after
