"""Which moment of a run the live view shows: now, one that is past, or the one up to which a recording was played.

    events ──► Past ──┐
    keys ──► obey ────┴──► Moments: the moment that is shown ──► its state, and a bar that names it ──► view.py

Back and forward, a run that moves by steps goes from step to step, any other one from one event that views show to the
next. The run itself does not move meanwhile.
"""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from prompt_toolkit.keys import Keys as Pressed
from rich.text import Text

from procsim.language import _
from procsim.state.operations import OPERATIONS
from procsim.state.past import Past, Sought
from procsim.state.run_state import RunState
from procsim.views import Back
from procsim.views.base import clean, seconds
from procsim.views.live.playing import Playing
from procsim.views.live.sought import name_of, objects, sought
from procsim.views.text.rows import fitted
from procsim.views.text.words import EVENT_WORDS
from procsim.views.wishes import Movement, Pause, Wish
from procsim.wire.events import Event

SHOWN = Sought(frozenset([*EVENT_WORDS, "process_began", "said", "printed", "finding"]))
STEPS = Sought(frozenset(["gate_passed"]))

GATED = frozenset(each.done.kind for each in OPERATIONS if each.next and each.done)
"""The operations before which a thread stops where the gate is closed."""


class Answer(NamedTuple):
    """What a key has led to, beside another moment that is shown."""

    message: str = ""
    wishes: Sequence[Wish] = ()
    back: Back | None = None
    """The run is to begin again, and to take the steps up to here."""


class Moments:
    """The moment that is shown of one run, and the keys that choose it."""

    def __init__(
        self,
        recorded: bool = False,
        speed: float = 1,
        clock: Callable[[], float] = time.monotonic,
        several: bool = False,
    ) -> None:
        """`recorded`: it is a recording, which is played at `speed` seconds a second. `clock` returns seconds.
        `several`: several runs are compared, and none has a past that could be shown.
        """
        self.recorded = recorded
        self.several = several
        self.chosen: int | None = None
        """The PID of the process that is chosen in the past."""
        self.read = 0.0
        """Of a recording, the share that was read."""
        self._past = Past()
        self._place: int | None = 0 if recorded else None
        """How many events are shown; None: all, as they come."""
        self._playing = Playing(speed, clock)
        self._by_steps: bool | None = None
        """Whether the first operation was a step; None: there was none yet."""
        self._free_from: int | None = None
        """How many events there were when processes moved other than by steps; None: they never did."""
        self._sought: int | None = None
        """The object whose changes are looked for; 0: waits; None: nothing was chosen."""

    def keep(self, event: Event, run: RunState) -> None:
        """The event that comes next; `run` includes it."""
        if self.several:
            return
        self._past.keep(event, run)
        if self._by_steps is None and (event.kind in GATED or event.kind == "gate_reached"):
            self._by_steps = event.kind == "gate_reached"

    def moves(self, movement: Movement | None) -> None:
        """How the run moves now."""
        if movement is not None and not movement.closed and self._free_from is None:
            self._free_from = self._past.last

    @property
    def is_past(self) -> bool:
        """Whether a moment is shown that is over, in a run that is not recorded."""
        return self._place is not None and not self.recorded

    @property
    def goes_back(self) -> bool:
        """Whether the run itself can begin again and take the steps up to the moment that is shown."""
        by_steps_alone = bool(self._by_steps) and (self._free_from is None or self._free_from >= (self._place or 0))
        return self.is_past and not self._past.first and by_steps_alone

    def can_move(self, shown: RunState) -> bool:
        """Whether a process is chosen that can move from there."""
        process = shown.processes.get(self.chosen or 0)
        return self.goes_back and process is not None and process.alive

    @property
    def is_over(self) -> bool:
        """Whether a recording was read and played to its end."""
        return self.recorded and self.read >= 1 and self._place == self._past.last

    @property
    def plays(self) -> bool:
        """Whether a recording is played on."""
        return self.recorded and self._playing.goes_on

    def shown(self, run: RunState) -> RunState:
        """The state that is to be drawn, `run` being the latest. It may change at the next call."""
        if self.plays:
            self._play()
        return run if self._place is None else self._past.at(self._place)

    def movement(self, movement: Movement | None, shown: RunState) -> Movement | None:
        """How the run moved at that moment."""
        if movement is None or not self.is_past:
            return movement
        return Movement(closed=movement.closed, held=True, steps=shown.counts["gate_passed"], chosen=self.chosen)

    def bar(self, shown: RunState, run: RunState, width: int) -> Text | None:
        """Which moment is shown, in one row; None: now."""
        if self._place is None:
            return None
        kind = "gate_passed" if self._by_steps and self.is_past else None
        count, total = (state.counts[kind] if kind else state.events for state in (shown, run))
        template = _("step {count} of {total}, {time}") if kind else _("{count} of {total} events, {time}")
        words = template.format(count=count, total=total, time=seconds(shown.t))
        parts = [self._in_recording(words) if self.recorded else _("PAST: {moment}").format(moment=words)]
        if self.is_past:
            parts.append(_("End: back to now"))
        if self._past.first and self._place <= self._past.first:
            parts.append(_("no more is known of the {count} events before").format(count=self._past.first))
        parts.append(_("x next: {what}").format(what=name_of(self._sought_now(run), run)))
        row = Text(" " + "   ".join(parts) + " ", "badge")
        row.pad_right(max(0, width - row.cell_len))
        return fitted(row, width)

    # Keys ----------------------------------------------------------------------------------------------------

    def obey(self, key: str, run: RunState, movement: Movement | None) -> Answer | None:
        """Do what a key asks for; None: it is not about another moment. `run` is the latest state."""
        if self.several:
            return None
        if key == "o":
            return self._seek_another(run)
        if self.recorded:
            return self._obey_in_recording(key, run)
        if self.is_past:
            return self._obey_in_past(key, run)
        if key in (Pressed.Left, Pressed.Home, "X"):
            answer = self._go(key, run)
            moves = movement is not None and not movement.held and self.is_past
            return answer._replace(wishes=[Pause()]) if answer is not None and moves else answer
        return Answer(_("this is now: nothing comes after it yet")) if key in (Pressed.End, "x") else None

    def _obey_in_recording(self, key: str, run: RunState) -> Answer | None:
        if key == " ":
            if self.is_over:
                self._place = self._past.first
            self._playing.set_going(not self.plays)
            return Answer()
        if key in ("+", "=", "-"):
            self._playing.change_pace(faster=key != "-")
            return Answer()
        return self._go(key, run)

    def _obey_in_past(self, key: str, run: RunState) -> Answer | None:
        if key == Pressed.Escape:
            self.chosen = None
            return Answer()
        if key == "n":
            return self._go_back(run)
        if key in (" ", "+", "=", "-"):
            self._show(None)
            return None
        return self._go(key, run)

    def _go(self, key: str, run: RunState) -> Answer | None:
        """Show another moment."""
        place = self._past.last if self._place is None else self._place
        stops = STEPS if self._by_steps else SHOWN
        there: int | None
        if key == Pressed.Left:
            there = max((self._past.before(stops, place + 1) or 0) - 1, self._home())
        elif key == Pressed.Right:
            there = self._past.next(stops, place + 1)
            there = self._past.last if there is None else there - 1
        elif key == Pressed.Home:
            there = self._home()
        elif key == Pressed.End:
            there = self._past.last
        elif key in ("x", "X"):
            identity = self._sought_now(run)
            there = self._change(sought(identity), place, later=key == "x")
            if there is None:
                words = _("nothing after this: {what}") if key == "x" else _("nothing before this: {what}")
                return Answer(words.format(what=name_of(identity, run)))
        else:
            return None
        self._show(there)
        return Answer()

    def _home(self) -> int:
        """The first moment there is something to be seen of: the first event, or that before the first step."""
        first_step = self._past.next(STEPS, self._past.first) if self._by_steps else None
        return max(self._past.first, 1) if first_step is None else first_step - 1

    def _change(self, change: Sought, place: int, later: bool) -> int | None:
        """The place of the next or the last change: where it has just happened, or its step is over."""
        if not self._by_steps:
            return (self._past.next if later else self._past.before)(change, place)
        if later:
            there = self._past.next(change, place)
        else:
            there = self._past.before(change, self._past.before(STEPS, place + 1) or self._past.first)
        if there is None:
            return None
        end = self._past.next(STEPS, there)
        return self._past.last if end is None else end - 1

    def _show(self, place: int | None) -> None:
        """Show the moment after so many events; None, or all of a run that is not recorded: now."""
        if not self.recorded and place in (None, self._past.last):
            self._place, self.chosen = None, None
        elif place is not None:
            self._place = place
            self._playing.set_going(False)

    def _go_back(self, run: RunState) -> Answer:
        place = self._place or 0
        if self._past.first:
            return Answer(_("too many events have come since: the steps from the start are no longer known"))
        if not self._by_steps or (self._free_from is not None and self._free_from < place):
            return Answer(_("this was not reached by steps alone: to go back, begin the run with --step"))
        if self.chosen is None:
            return Answer(_("choose a process first (↑↓ or a digit); then n takes the run itself back to here"))
        shown = self._past.at(place)
        name = shown.process_name(self.chosen)
        if self.chosen not in shown.processes or not shown.processes[self.chosen].alive:
            return Answer(_("{process} is not there at this moment; choose another one").format(process=clean(name)))
        namesakes = [process.pid for process in shown.processes.values() if process.name == name]
        return Answer(back=Back(list(self._past.events(0, place)), (name, namesakes.index(self.chosen))))

    def _seek_another(self, run: RunState) -> Answer:
        """Look for the changes of the next object, or for waits."""
        among, now = objects(run), self._sought_now(run)
        self._sought = among[(among.index(now) + 1) % len(among)] if now in among else among[0]
        words = _("x goes to the next one, X to the one before: {what}")
        return Answer(words.format(what=name_of(self._sought, run)))

    def _sought_now(self, run: RunState) -> int:
        return objects(run)[0] if self._sought is None else self._sought

    # Playing a recording -------------------------------------------------------------------------------------

    def play_from_here(self) -> None:
        """A recording that is played goes on from the moment that is shown, however much time has passed."""
        self._playing.go_on_from_here()

    def _play(self) -> None:
        """Show as much of the recording as is due; where more is due than was read, time stands still."""
        place = self._place or 0
        self._place = max(place, self._past.number_at(self._playing.due(self._past.at(place).t)))
        if self._place == self._past.last:
            self._playing.set_going(self.read < 1)

    def _in_recording(self, words: str) -> str:
        if self.plays:
            speed = f"{self._playing.speed:.2g}"
            words = _("REPLAY at {speed} times its pace: {moment}").format(speed=speed, moment=words)
        elif self.is_over:
            words = _("THE END: {moment}").format(moment=words)
        else:
            words = _("REPLAY, paused: {moment}").format(moment=words)
        if 0 < self.read < 1:
            words += "   " + _("{percent} % read").format(percent=int(self.read * 100))
        return words
