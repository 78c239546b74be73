"""The keys of the live view: what each does, in one line for the bottom of the screen, and all of them for `?`.

Pure: which keys are listed follows from what the run is doing. keyboard.py reads them, view.py acts on them.
"""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from procsim.language import N_, _


class Key(Enum):
    """The keys, as they are named on the screen."""

    PAUSE = N_("space")
    STEP = "n"
    CHOOSE = "↑↓ 1-9"
    FASTER = "+"
    SLOWER = "-"
    CODE = "c"
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
    Key.FASTER: N_("slow motion: more steps a second"),
    Key.SLOWER: N_("slow motion: fewer steps a second"),
    Key.CODE: N_("the code, and which process is at which line"),
    Key.AGAIN: N_("the same again, from the start"),
    Key.OTHER_WAY: N_("again, the other way: {way}"),
    Key.HELP: N_("show these keys; hide them"),
    Key.QUIT: N_("end the run"),
    Key.WAIT: N_("if the program hangs: let it wait"),
    Key.ASK: N_("ask me what will come, before the step that decides"),
}


class Keys(NamedTuple):
    """What decides which keys there are now."""

    held: bool = False
    """Whether the run is paused, and moves by steps."""
    alarm: bool = False
    """Whether people are asked what to do with a program that hangs."""
    other_way: str = ""
    """What the key t would change; empty: there is no other way."""
    steps: bool = True
    """Whether the run can be paused; a recording cannot."""
    over: bool = False
    """Whether the run has ended, and its last picture stands."""
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
            shown.pop(-3 if len(shown) > 3 else -1)
        return Text("   ".join(shown), "faint", no_wrap=True, overflow="ellipsis")

    def _short(self, plain_marks: bool) -> list[str]:
        if self.answers:
            return [_("1-{count} predict").format(count=self.answers), _("? keys"), _("q quit")]
        if self.alarm:
            return [_("q end it"), _("w let it wait"), _("? keys")]
        if self.over:
            other = [_("t {way}").format(way=self.other_way)] if self.other_way else []
            return [_("r again"), *other, *([_("c code")] if self.code else []), _("? keys"), _("q done")]
        if not self.steps:
            return [_("? keys"), _("q quit")]
        words = [_("n step"), _("space go on")] if self.held else [_("space pause"), _("n step")]
        if self.held:
            words.insert(1, _("arrows choose") if plain_marks else _("↑↓ choose"))
        words += [_("a predict")] if self.ask else []
        words.append(_("r again"))
        if self.other_way:
            words.append(_("t {way}").format(way=self.other_way))
        words += [_("c code")] if self.code else []
        words.append(_("+ - pace"))
        return [*words, _("? keys"), _("q quit")]

    def page(self) -> Table:
        """All keys, with what they do."""
        table = Table.grid(padding=(0, 2))
        for key in self._all():
            table.add_row(Text(_(key.value), "strong"), Text(_(LONG_WORDS[key]).format(way=self.other_way)))
        return table

    def _all(self) -> Sequence[Key]:
        if not self.steps:
            return [Key.HELP, Key.QUIT]
        missing = {Key.OTHER_WAY: not self.other_way, Key.CODE: not self.code, Key.ASK: not self.ask}
        return [key for key in Key if not missing.get(key)]
