"""The live view: the run on the full screen, drawn up to 12 times a second.

At its end the summary stays in the scrollback.

RunState ──► screen ──► the terminal (`full_screen.py`)
keyboard ──► prompt_toolkit, polled after each batch of events ──► a Wish, or a change of what this view shows
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from types import TracebackType

from prompt_toolkit.keys import Keys as Pressed
from rich.console import Console, ConsoleDimensions, Group, RenderableType
from rich.text import Text

from procsim.language import N_, _
from procsim.output import writing
from procsim.state.run_state import RunState
from procsim.views import Again, Back, Showing
from procsim.views.base import Verdict, View, clean
from procsim.views.live.clock import Clock
from procsim.views.live.code import Source
from procsim.views.live.full_screen import FullScreen
from procsim.views.live.keyboard import LOOK_SECONDS
from procsim.views.live.keys import Keys
from procsim.views.live.moments import Moments
from procsim.views.live.playing import PACE_FACTOR
from procsim.views.live.question import REFUSED_TO_ASK, WITH_A_QUESTION
from procsim.views.live.screen import BESIDE_FROM, ScreenLayout, ScreenRequest, screen
from procsim.views.live.terminal import terminal
from procsim.views.text.summary import ascii_only, print_summary
from procsim.views.text.words import counted, state_words
from procsim.views.wishes import (
    Ask,
    ChangePace,
    Choose,
    End,
    Movement,
    Pause,
    Predict,
    Refusal,
    Step,
    Suspend,
    Wish,
)
from procsim.wire.events import Event

FRAMES_PER_SECOND = 12

STILL_FRAMES_PER_SECOND = 3
"""While no event comes, as in a run that is paused: only the clock moves, and a frame costs 20 ms of processor time."""

KEYS_READ = 200
"""At most so many key presses are handled before the next frame is drawn."""


class LiveView(View):
    """Draws a run on the whole terminal, and reads the keys."""

    prints_at_the_end = True
    again = Again.NO
    back: Back | None = None

    def __init__(self, console: Console, showing: Showing) -> None:
        self._console = console
        self._showing = showing
        self._ending = False
        """Whether people have ended the run: keys that they press from then on are for the next screen."""
        self._screen = FullScreen(console)
        self._last_frame = 0.0
        self._some_happened = False
        """Whether an event has come since the last frame."""
        self._waits = False
        """Whether people have seen why the program hangs, and let it wait (the key w)."""
        self._clock = Clock(showing.speed)
        self._moments = Moments(showing.recorded, showing.speed, several=bool(showing.columns))
        self._movement: Movement | None = None
        self._chosen: int | None = None
        """The PID of the process that people have chosen, even if that wish is not granted yet."""
        self._wishes: list[Wish] = []
        self._some_pressed = False
        self._steps = 0
        """How many steps were taken up to the last picture."""
        self._layout = ScreenLayout()
        """Of the picture that is on the screen."""
        self._source: Source | None = None
        self._wants_code: bool | None = None
        """Whether people want to see the code; None: they have not said so."""
        self._shows_help = False
        self._verdict: Verdict | None = None
        self._page = 0
        """Which page of all that the run has shown people look at, once it is over; 0: none."""
        self._message = ""
        self._answers = 0
        """How many answers the question has that stands on the last picture; 0: none stands there."""
        self._obey: dict[str, Callable[[RunState], None]] = {
            " ": lambda run: self._wish(Pause()),
            "n": lambda run: self._wish(Step()),
            Pressed.Right: lambda run: self._wish(Step()),
            Pressed.Up: lambda run: self._choose(run, -1),
            Pressed.Down: lambda run: self._choose(run, 1),
            Pressed.Escape: lambda run: self._select(None),
            "+": lambda run: self._wish(ChangePace(PACE_FACTOR)),
            "=": lambda run: self._wish(ChangePace(PACE_FACTOR)),
            "-": lambda run: self._wish(ChangePace(1 / PACE_FACTOR)),
            "a": lambda run: self._wish(Ask()),
            "c": lambda run: self._show_code(),
            "r": lambda run: self._end(Again.SAME) if self._movement is not None else None,
            "t": lambda run: self._end(Again.OTHER_WAY) if showing.other_way else None,
            "?": lambda run: self._show_help(),
            "w": lambda run: self._let_it_wait(),
            "q": lambda run: self._end(),
            Pressed.ControlC: lambda run: self._end(),
            Pressed.ControlBackslash: lambda run: self._end(),
            Pressed.ControlZ: lambda run: self._wish(Suspend()),
            **{str(digit): partial(self._choose_row, row=digit - 1) for digit in range(1, 10)},
        }

    def __enter__(self) -> "LiveView":
        self._screen.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._screen.__exit__(kind, error, trace)

    def event(self, event: Event, run: RunState) -> None:
        self._some_happened = True
        self._moments.keep(event, run)

    def was_read(self, share: float) -> None:
        self._moments.read = share

    @property
    def stays(self) -> bool:
        return not self._ending and (self._screen.has_keys or self._moments.plays)

    def wishes(self, run: RunState) -> Sequence[Wish]:
        self._some_pressed = self._read_keys(run)
        wishes, self._wishes = self._wishes, []
        return wishes

    def tick(self, run: RunState, movement: Movement | None) -> None:
        self._movement = movement
        self._moments.moves(movement)
        if self._moments.is_past:
            self._chosen = self._moments.chosen
        else:
            self._chosen = movement.chosen if movement is not None else None
        now = time.monotonic()
        # A step is drawn at once, since people have pressed a key for it; all else waits for the next frame.
        stepped = movement is not None and movement.held and movement.steps != self._steps
        pace = FRAMES_PER_SECOND if self._some_happened or self._moments.plays else STILL_FRAMES_PER_SECOND
        if now < self._last_frame + 1 / pace and not (self._some_pressed or stepped):
            return
        if movement is not None and movement.refused is not None:
            self._say_why_refused(run, movement)
        self._steps = movement.steps if movement is not None else 0
        self._last_frame, self._some_happened = now, False
        self._draw(run)

    def _draw(self, latest: RunState) -> None:
        run = self._moments.shown(latest)
        bar = self._moments.bar(run, latest, self._console.width)
        movement = self._moments.movement(self._movement, run)
        size = self._console.size
        asking = bool(run.found) and not self._waits
        if run.question is not None and not self._answers and self._screen.has_keys:
            terminal.forget_keys()  # what was pressed before the question could be read is no answer to it
        self._answers = len(run.question.fields["answers"]) if run.question is not None else 0
        keys = Keys(
            held=self._movement is not None and self._movement.held,
            alarm=asking,
            other_way=self._showing.other_way,
            steps=self._movement is not None,
            over=self.stood,
            cut=self.stood and (self._layout.cut or self._page > 0),
            past=self._moments.is_past,
            goes_back=self._moments.goes_back,
            moves=self._moments.can_move(run),
            looks_back=not self._moments.several,
            code=self._showing.source is not None,
            ask=self._showing.question and not self._showing.will_ask and run.asked is None,
            answers=self._answers if self._movement is not None else 0,
        )
        request = ScreenRequest(
            title=self._showing.title,
            size=size if bar is None else ConsoleDimensions(size.width, size.height - 1),
            t=run.t if self.stood or bar is not None else self._clock.at(run.t, time.monotonic()),
            plain_marks=ascii_only(self._console),
            headline=self._showing.headline,
            asking=asking,
            over=self.stood and bar is None,
            verdict=self._verdict if bar is None else None,
            page=self._page if bar is None else 0,
            movement=movement,
            keys=keys,
            help=self._shows_help,
            message=self._message,
            source=self._source if self._shows_code() else None,
            big=self._showing.big,
            code_lines=self._layout.code_lines,
        )
        picture = self._picture(run, request)
        self._screen.draw(picture if bar is None else Group(picture, bar))

    def _picture(self, run: RunState, request: ScreenRequest) -> RenderableType:
        picture, layout = screen(run, request)
        if not request.help:  # behind the page of keys, people still have the rows in mind
            self._layout = layout
        return picture

    # Keys ----------------------------------------------------------------------------------------------------

    def _read_keys(self, run: RunState, timeout: float = 0) -> bool:
        """Do what the keys ask for that were pressed; wait up to `timeout` seconds. Returns whether there were any."""
        count = 0
        if not self._ending:
            for key in islice(self._screen.keys(timeout), KEYS_READ):
                count += 1
                self._obey_key(key, run)
                if self._ending:
                    break
        return count > 0

    def _obey_key(self, key: str, latest: RunState) -> None:
        """Do what a key asks for; a digit answers the question that stands."""
        if self._answers and self._movement is not None and key not in WITH_A_QUESTION:
            if key in map(str, range(1, self._answers + 1)) and not self._shows_help:
                self._message = ""
                self._wish(Predict(int(key)))
            return
        answer = self._moments.obey(key, latest, self._movement)
        if answer is not None:
            self._message = answer.message
            self._wishes += [wish for wish in answer.wishes if wish not in self._wishes]
            if answer.back is not None:
                self.back = answer.back
                self._end(Again.BACK)
            return
        obey = self._obey.get(key)
        if obey is not None:
            self._message = ""
            obey(self._moments.shown(latest))

    def _wish(self, wish: Wish) -> None:
        self._wishes.append(wish)

    def _say_why_refused(self, run: RunState, movement: Movement) -> None:
        if movement.refused is not None and movement.refused in REFUSED_TO_ASK:
            self._message = _(REFUSED_TO_ASK[movement.refused])
        elif movement.refused is Refusal.NOBODY_CAN_MOVE:
            self._message = _("no process can move: now each waits as it would without procsim")
        elif movement.chosen is not None:
            self._say_why_not(run, movement.chosen)

    def _say_why_not(self, run: RunState, pid: int) -> None:
        process = run.processes[pid]
        words, _style = state_words(run, process, {})
        self._message = _("{process} cannot move: {words}").format(process=clean(process.name), words=words)

    def _choose(self, run: RunState, by: int) -> None:
        """Choose the next process, or the one before, among those that stand at the gate."""
        rows = [pid for pid in self._layout.rows if pid in run.processes and run.processes[pid].standing]
        if not rows:
            return
        place = rows.index(self._chosen) + by if self._chosen in rows else (0 if by > 0 else -1)
        self._select(rows[place % len(rows)])

    def _choose_row(self, run: RunState, row: int) -> None:
        if row >= len(self._layout.rows):
            return
        pid = self._layout.rows[row]
        self._select(pid)
        if pid in run.processes and not run.processes[pid].alive:
            self._say_why_not(run, pid)

    def _select(self, pid: int | None) -> None:
        self._chosen = pid
        if self._moments.is_past:
            self._moments.chosen = pid
        else:
            self._wish(Choose(pid))

    def _show_code(self) -> None:
        self._wants_code = self._load_source() and not self._shows_code()
        if self._source is None:
            self._message = _("there is no code to show here")

    def _shows_code(self) -> bool:
        """Whether the code is shown: as people wish, else beside the rows where the run moves by steps."""
        if self._wants_code is not None:
            return self._wants_code
        held = self._movement is not None and self._movement.held
        return held and not self._showing.big and self._console.width >= BESIDE_FROM and self._load_source()

    def _load_source(self) -> bool:
        """Read the code, if that was not done yet. Returns whether there is some."""
        if self._source is None and self._showing.source is not None:
            with contextlib.suppress(OSError):
                self._source = Source(self._showing.source)
        return self._source is not None

    def _show_help(self) -> None:
        self._page = 0
        self._shows_help = not self._shows_help

    def _turn_page(self) -> None:
        """Show all that the run has shown, from page to page; after the last one the picture stands there again."""
        self._shows_help = False
        self._page = self._page + 1 if self._layout.cut else 0

    def _let_it_wait(self) -> None:
        self._waits = True

    def _end(self, again: Again = Again.NO) -> None:
        self.again, self._ending = again, True
        if not self._moments.is_over:
            self._wish(End())

    def suspend(self) -> None:
        self._screen.suspend()
        self._moments.play_from_here()

    # The end -------------------------------------------------------------------------------------------------

    def stand(self, run: RunState, verdict: Verdict, ended: Callable[[], bool]) -> None:
        if not (self._showing.holds and self._screen.has_keys) or self._ending:
            return
        self.stood, self._message, self._wants_code, drawn = True, "", False, False
        self._verdict = verdict
        self._obey |= dict.fromkeys((Pressed.Enter, Pressed.ControlJ, Pressed.Escape), lambda run: self._end())
        self._obey |= {Pressed.ControlZ: lambda run: self.suspend(), "v": lambda run: self._turn_page()}
        while not (ended() or self._ending or not self._screen.has_keys):
            if self._read_keys(run, LOOK_SECONDS) or self._screen.is_outdated or not drawn:
                self._draw(run)
                drawn = True
        if self._ending and self.again is Again.NO:
            terminal.have_looked()

    def finish(self, run: RunState, verdict: Verdict) -> None:
        if self.again is not Again.NO:
            return
        with writing():
            self._print_output(run)
            print_summary(self._console, run, verdict)

    def _print_output(self, run: RunState) -> None:
        """Print what the program printed, since the screen is gone; of a scenario, only its standard error."""
        watching = self._showing.watching
        lines = [line for line in run.lines if line.stream and (watching or line.stream == "stderr")]
        if watching and run.printed_lines > len(lines):
            before = counted(run.printed_lines - len(lines), N_("… 1 line before"), N_("… {count} lines before"))
            self._console.print(Text(before, "faint"))
        for line in lines:
            self._console.print(Text(clean(line.text)), soft_wrap=True)
