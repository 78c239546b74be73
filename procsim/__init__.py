"""procsim shows what processes really do.

A scenario imports from here and from no other module of procsim:

    say     narrates what a process does
    note    sets a figure, which the view shows as a gauge
    start   calls the scenario's `main` with the options of the command line, with procsim or without it
    Claim   what the scenario's `claims` yield: a statement about the run that has ended
    Way     what the scenario's `ways` yield, if it can be run in several ways and compared
    Headline    what the scenario's `headline` returns: what the run is about, in figures that move
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

__version__ = "0.2.0"
__all__ = ["Claim", "Headline", "Way", "note", "say", "start"]


class Claim(NamedTuple):
    """A statement about a run that has ended, with the figures that show whether it holds."""

    id: str
    """Such as "M1"."""
    holds: bool
    text: str
    """One sentence; its {placeholders} are filled from the figures."""
    figures: Mapping[str, Any] = {}
    sentence: str = ""
    """The id of this sentence, if the claim has several. It must not change when the words do."""
    broken: str = ""
    """What happens where it does not hold, in a few words without figures: "a ticket is sold twice". Of what `always`
    yields, for the headline of `procsim explore`: "in 8 a ticket is sold twice, 4 are right"."""


class Headline(NamedTuple):
    """The first line under the title of the live view: what the run is about, and in the end what has happened."""

    text: str
    """One short sentence; its {placeholders} are filled from the figures."""
    figures: Mapping[str, Any] = {}
    alarm: bool = False
    """Whether it says what goes wrong: then it is drawn in the colour of alarm."""


class Way(NamedTuple):
    """One of the ways in which a scenario can be run, to be compared with the others."""

    name: str
    """Such as "with the lock"; translated where it is shown."""
    options: Mapping[str, Any]
    """The options that make this way; all others are as people have chosen."""


def say(text: str, /, **fields: Any) -> None:
    """Narrate: `say("bought a ticket, {left} left", left=2)`. Without procsim, the sentence is printed.

    `text` may have `{placeholders}` for the fields. The event holds it as it is, so that a view can translate it.
    """
    tracer = sys.modules.get("procsim.tracer.emit")
    if tracer is not None and tracer.active():
        tracer.say(text, fields)
        return
    from multiprocessing import current_process

    from procsim.sentences import sentence

    sys.stdout.write(f"{current_process().name}: {sentence(text, fields)}\n")  # in one call: others write, too
    sys.stdout.flush()


def note(**figures: float | str | None) -> None:
    """Set figures, which the view shows as gauges: `note(stock=2)`. Without procsim, nothing happens."""
    tracer = sys.modules.get("procsim.tracer.emit")
    if tracer is not None and tracer.active():
        for name, value in figures.items():
            tracer.note(name, value)


def start(main: Callable[..., Any]) -> None:
    """Call a scenario's `main` with the options on the command line, as its signature declares them.

    Put it last: `if __name__ == "__main__": start(main)`. A wrong option ends the program with one line and
    exit code 2.
    """
    from procsim.options import parse

    tracer = sys.modules.get("procsim.tracer.emit")
    if tracer is not None and tracer.active():
        tracer.emit("scenario_began")
    main(**parse(main, sys.argv[1:]))
