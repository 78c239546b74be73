"""procsim shows what processes really do.

A scenario may import five things from here, and needs no more: `say` narrates, `note` sets a figure that the
view shows as a gauge, `start` calls its `main` with the options of the command line, a `Claim` is what its `claims`
yield about the run, and a `Way` what its `ways` yield, where it can be run in several and compared.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

__version__ = "0.1.0"
__all__ = ["Claim", "Way", "note", "say", "start"]


class Claim(NamedTuple):
    """One statement about a run that has ended, with the figures that show whether it holds."""

    id: str
    """Such as "M1"."""
    holds: bool
    text: str
    """One sentence; its {placeholders} are filled from the figures."""
    figures: Mapping[str, Any] = {}
    sentence: str = ""
    """An id of this sentence that stays when its words change, where several sentences share the claim's id."""


class Way(NamedTuple):
    """One of the ways in which a scenario is run where they are compared."""

    name: str
    """Such as "with the lock"; it is translated where it is shown."""
    options: Mapping[str, Any]
    """Those that make it this way; the others are what people have chosen."""


def say(text: str, /, **fields: Any) -> None:
    """Narrate: `say("bought a ticket, {left} left", left=2)`. Without procsim it prints the sentence.

    `text` may hold `{placeholders}` for fields; it stays whole in the event, so that a view can translate it.
    """
    tracer = sys.modules.get("procsim.tracer.emit")
    if tracer is not None and tracer.active():
        tracer.say(text, fields)
        return
    from multiprocessing import current_process

    from procsim.sentences import sentence

    sys.stdout.write(f"{current_process().name}: {sentence(text, fields)}\n")  # in one piece, as others write too
    sys.stdout.flush()


def note(**figures: float | str | None) -> None:
    """Set figures that the view shows as gauges: `note(stock=2)`. Without procsim it does nothing."""
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
