"""The live view of an exploration: it is drawn while it goes on, and stands when it is over until people leave.

explorer ──► Exploration ──┐
how much time has gone ────┴──► picture (`explored.py`) ──► the terminal          keys ──► another kind, leave
"""

import time
from collections.abc import Callable, Mapping

from prompt_toolkit.keys import Keys as Pressed
from rich.console import Console, Group

from procsim.explore.explorer import Budget
from procsim.explore.outcomes import Exploration, Kind
from procsim.explore.schedule import Execution
from procsim.views.live.explored import ExploredRequest, picture
from procsim.views.live.full_screen import FullScreen
from procsim.views.live.keyboard import LEAVE, LOOK_SECONDS
from procsim.views.live.terminal import terminal
from procsim.views.text.summary import ascii_only

FRAMES_PER_SECOND = 10

NEWEST_SECONDS = 1.0
"""For so long an execution is shown as the newest one, so that people can read some of it."""


class ExploringScreen(FullScreen):
    """Draws an exploration on the whole terminal."""

    def __init__(self, console: Console, title: str, budget: Budget) -> None:
        super().__init__(console)
        self._console = console
        self._title, self._budget = title, budget
        self._found = Exploration()
        self._starting = True
        self._began = time.monotonic()
        self._last_frame = 0.0
        self._chosen: Kind | None = None
        """The wrong kind, the simplest way to which people want to see; None: the first."""
        self._newest: Execution | None = None
        self._newest_since = float("-inf")
        self._over = False
        self._again: Mapping[Kind, str] = {}

    def know(self, found: Exploration) -> None:
        """The program stands: this is what is known from now on; it is filled in while it goes on."""
        self._found, self._starting, self._began = found, False, time.monotonic()

    def look(self) -> bool:
        """Draw what is known, if it is time, and do what keys ask for. Returns whether people want it to end."""
        pressed = False
        for key in self.keys():
            pressed = True
            if self._leaves(key):
                return True
        if pressed or self.is_outdated or time.monotonic() >= self._last_frame + 1 / FRAMES_PER_SECOND:
            self._draw()
        return False

    def stand(self, found: Exploration, again: Mapping[Kind, str], ended: Callable[[], bool]) -> None:
        """It is over: let the last picture stand until people leave, or until `ended()`."""
        self._found, self._again, self._over = found, again, True
        self._draw()
        while self.has_keys and not ended():
            for key in self.keys(LOOK_SECONDS):
                if self._leaves(key) or key in (Pressed.Enter, Pressed.ControlJ, Pressed.Escape):
                    terminal.have_looked()
                    return
                self._draw()
            if self.is_outdated:
                self._draw()

    def _leaves(self, key: str) -> bool:
        """Do what a key asks for. Returns whether that is to leave."""
        if key in LEAVE:
            return True
        kinds = [outcome.kind for outcome in self._found.wrong]
        place = self._place()
        if key == Pressed.ControlZ:
            self.suspend()
        elif key in (Pressed.Up, Pressed.Down) and kinds:
            self._chosen = kinds[(place + (1 if key == Pressed.Down else -1)) % len(kinds)]
        elif key.isdigit() and 0 < int(key) <= len(kinds):
            self._chosen = kinds[int(key) - 1]
        return False

    def _place(self) -> int:
        """The place of the kind that is chosen among those that are wrong."""
        kinds = [outcome.kind for outcome in self._found.wrong]
        return kinds.index(self._chosen) if self._chosen in kinds else 0

    def _draw(self) -> None:
        now = time.monotonic()
        self._last_frame = now
        if self._newest is None or now >= self._newest_since + NEWEST_SECONDS or self._over:
            self._newest, self._newest_since = self._found.latest, now
        request = ExploredRequest(
            self._title,
            self.size,
            self._found.seconds if self._over else now - self._began,
            self._budget,
            ascii_only(self._console),
            self._starting,
            self._over,
            self._place(),
            self._newest,
            self._again,
        )
        self.draw(Group(*picture(self._found, request)))
