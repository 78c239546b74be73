"""The keys of the live view: what each does, in one line for the bottom of the screen, and all of them for `?`.

Pure: which keys are listed follows from what the run is doing. keyboard.py reads them, view.py acts on them.
"""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from procsim.language import N_, _
from procsim.views.text.prose import Prose, hanging


class Key(Enum):
    """The keys, as they are named on the screen."""

    PAUSE = N_("space")
    STEP = "n"
    CHOOSE = "↑↓ 1-9"
    MOMENT = N_("← → home end")
    CHANGE = "x X"
    SOUGHT = "o"
    FASTER = "+"
    SLOWER = "-"
    CODE = "c"
    WHOLE = "v"
    AGAIN = "r"
    OTHER_WAY = "t"
    HELP = "?"
    QUIT = "q"
    WAIT = "w"
    ASK = "a"


LONG_WORDS: dict[Key, str] = {
    Key.PAUSE: N_("pause the run; go on"),
    Key.STEP: N_("let one process take one step (→ does the same)"),
    Key.CHOOSE: N_("choose which process takes the next step; Esc: the one that has waited longest"),
    Key.MOMENT: N_("look at earlier moments of the run, and come back to now"),
    Key.CHANGE: N_("go to the next use of what is looked for; X: to the one before"),
    Key.SOUGHT: N_("choose what x looks for: an object, or waits"),
    Key.FASTER: N_("slow motion: more steps a second"),
    Key.SLOWER: N_("slow motion: fewer steps a second"),
    Key.CODE: N_("the code, and which process is at which line"),
    Key.WHOLE: N_("all that the run has shown; the next page; the picture again"),
    Key.AGAIN: N_("the same again, from the start"),
    Key.OTHER_WAY: N_("again, the other way: {way}"),
    Key.HELP: N_("show these keys; hide them"),
    Key.QUIT: N_("end the run"),
    Key.WAIT: N_("if the program hangs: let it wait"),
    Key.ASK: N_("ask me what will come, before the step that decides"),
}

IN_THE_PAST: dict[Key, str] = LONG_WORDS | {
    Key.STEP: N_("begin the run again, let it take the steps up to here, and move the chosen process"),
    Key.CHOOSE: N_("choose which process moves when the run goes on from here"),
}
"""The keys while an earlier moment is shown."""

IN_RECORDING: dict[Key, str] = {
    Key.PAUSE: N_("play it on; stop playing"),
    Key.MOMENT: N_("one event back, forward; the beginning, the end of what was read"),
    Key.CHANGE: LONG_WORDS[Key.CHANGE],
    Key.SOUGHT: LONG_WORDS[Key.SOUGHT],
    Key.FASTER: N_("play it faster"),
    Key.SLOWER: N_("play it slower"),
    Key.HELP: LONG_WORDS[Key.HELP],
    Key.QUIT: N_("leave"),
}
"""The keys of a recording."""


class Keys(NamedTuple):
    """What decides which keys there are now."""

    held: bool = False
    """Whether the run is paused, and moves by steps."""
    alarm: bool = False
    """Whether people are asked what to do with a program that hangs."""
    other_way: str = ""
    """What the key t would change; empty: there is no other way."""
    steps: bool = True
    """Whether processes can be moved; those of a recording cannot."""
    over: bool = False
    """Whether the run has ended, and its last picture stands."""
    cut: bool = False
    """Whether the run has shown more than there is room for beside the picture."""
    past: bool = False
    """Whether a moment is shown that is over."""
    goes_back: bool = False
    """Whether the run can begin again from that moment."""
    moves: bool = False
    """Whether a process is chosen that would move then."""
    looks_back: bool = True
    """Whether earlier moments can be shown."""
    code: bool = True
    """Whether there is code to be shown."""
    ask: bool = False
    """Whether there is a question that was not asked yet."""
    answers: int = 0
    """How many answers the question has that stands; 0: none stands."""

    def line(self, width: int, plain_marks: bool) -> Text:
        """The last line of the screen: as many keys as fit into `width` cells; `?` and `q` are left out last."""
        shown = self._short(plain_marks)
        while len(shown) > 1 and cell_len("   ".join(shown)) > width:
            shown.pop(max(-3, -len(shown)) if len(shown) > 2 else 0)
        return Text("   ".join(shown), "faint", no_wrap=True, overflow="ellipsis")

    def _short(self, plain_marks: bool) -> list[str]:
        if self.answers:
            return [_("1-{count} predict").format(count=self.answers), _("? keys"), _("q quit")]
        back_and_forth = _("arrows back, forward") if plain_marks else _("← → back, forward")
        if not self.steps:
            return [_("space play"), back_and_forth, _("x next"), _("+ - pace"), _("? keys"), _("q quit")]
        if self.past:
            arrows = _("arrows choose") if plain_marks else _("↑↓ choose")
            going = [arrows] * self.goes_back + [_("n go on from here")] * self.moves
            return [back_and_forth, _("home end"), *going, _("x next"), _("? keys"), _("q quit")]
        past = [_("arrow left: the past") if plain_marks else _("← past")] if self.looks_back else []
        if self.over:
            other = [_("t {way}").format(way=self.other_way)] if self.other_way else []
            return [_("r again"), *other, *past, *([_("c code")] if self.code else []), _("? keys"), _("q done")]
        if self.alarm:
            return [_("q end it"), _("w let it wait"), _("? keys")]
        words = [_("n step"), _("space go on")] if self.held else [_("space pause"), _("n step")]
        if self.held:
            words.insert(1, _("arrows choose") if plain_marks else _("↑↓ choose"))
            words[2:2] = past
        words += [_("a predict")] if self.ask else []
        words.append(_("r again"))
        if self.other_way:
            words.append(_("t {way}").format(way=self.other_way))
        words += [_("c code")] if self.code else []
        words.append(_("+ - pace"))
        return [*words, _("? keys"), _("q quit")]

    def page(self, width: int, rows: int) -> list[Text]:
        """All keys, with what they do, in lines of `width` cells: as many as there are rows for."""
        keys = {key: _(key.value) for key in self._all()}
        column, lines = max(map(cell_len, keys.values())) + 2, []
        for key, name in keys.items():
            table = IN_RECORDING if not self.steps else IN_THE_PAST if self.past else LONG_WORDS
            words = _(table[key]).format(way=self.other_way)
            lines += hanging(Text(set_cell_size(name, column), "strong"), Prose(words), width)
        return lines if len(lines) <= rows else [*lines[: max(0, rows - 1)], Text("…", "faint")]

    def _all(self) -> Sequence[Key]:
        if not self.steps:
            return list(IN_RECORDING)
        missing = {Key.OTHER_WAY: not self.other_way, Key.CODE: not self.code, Key.ASK: not self.ask}
        missing[Key.WHOLE] = not self.cut
        missing |= dict.fromkeys((Key.STEP, Key.CHOOSE), self.past and not self.goes_back)
        missing |= dict.fromkeys((Key.MOMENT, Key.CHANGE, Key.SOUGHT), not self.looks_back)
        return [key for key in Key if not missing.get(key)]
