"""The options that every run has, as typer is told of them: their types and help."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from procsim.command.run_options import ViewName
from procsim.views.text import palette

View = Annotated[
    ViewName | None, typer.Option(help="How to show the run; by default live on a terminal, plain elsewhere.")
]
WatchView = Annotated[
    ViewName | None,
    typer.Option(help="How to show the run; by default live on a terminal, brief elsewhere: only what is wrong."),
]
Summary = Annotated[bool, typer.Option("--summary", help="At the end, also draw what each process did over time.")]
Findings = Annotated[Path | None, typer.Option(metavar="FILE", help="Write what is wrong to FILE, as JSON.")]
FailOn = Annotated[
    Literal["certain", "probable"] | None,
    typer.Option(help="End with exit code 4 if something is wrong for certain (or probably), and the program's is 0."),
]
Record = Annotated[Path | None, typer.Option(metavar="FILE", help="Record the run in FILE, for procsim replay.")]
Timeout = Annotated[float, typer.Option(metavar="SECONDS", help="End the run after this time; 0: never.")]
StartMethod = Annotated[
    Literal["fork", "spawn", "forkserver"] | None,
    typer.Option(help="How multiprocessing starts processes; by default as this Python does."),
]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Seed the module random, in each process differently.")]
Language = Annotated[
    Literal["en", "zh", "zh_CN"] | None, typer.Option(help="The language; by default that of the environment.")
]
Theme = Annotated[
    Literal["dark", "light", "mono"] | None,
    typer.Option(
        help="Colours for a dark or a light ground, or none; by default as PROCSIM_THEME or the terminal has it.",
        callback=lambda theme: palette.choose(theme) and theme,
    ),
]
"""It is chosen as the command line is read: whatever a command shows has its colours."""
Step = Annotated[
    bool, typer.Option("--step", "--paused", help="Start paused; the key n lets one process take one step.")
]
Pace = Annotated[str | None, typer.Option(metavar="N/s", help="Slow motion: N steps a second, such as 2/s.")]
Schedule = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Take the steps recorded in FILE again, in the same order.")
]
Ask = Annotated[
    bool, typer.Option("--ask", help="Stop before the step that decides, and ask what will come; see explain.")
]
OnHang = Annotated[
    Literal["stop", "wait"] | None,
    typer.Option(help="What to do once procsim has said why it hangs; by default ask on a terminal, stop elsewhere."),
]
NoHold = Annotated[bool, typer.Option("--no-hold", help="Do not let the last picture stand until a key is pressed.")]
Big = Annotated[
    bool, typer.Option("--big", help="In the live view: fewer and larger things, for the back row of a class.")
]
Races = Annotated[
    bool,
    typer.Option(
        "--races",
        help="Record every look at a path (does it exist?), too: more races are found that did no harm this time.",
    ),
]
Compare = Annotated[
    bool, typer.Option("--compare", help="Run it in several ways, one after the other, and show them side by side.")
]


TYPES: dict[str, Any] = {
    "view": View,
    "record": Record,
    "timeout": Timeout,
    "start_method": StartMethod,
    "seed": Seed,
    "lang": Language,
    "theme": Theme,
    "step": Step,
    "pace": Pace,
    "schedule": Schedule,
    "no_hold": NoHold,
    "ask": Ask,
    "big": Big,
    "races": Races,
}
"""Those of the fields of `RunOptions`, for a command that is made when it is asked for."""
