"""The options that every run has: the values that people gave. How they are typed, `declared.py` tells typer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

DEFAULT_TIMEOUT_SECONDS = 60.0
"""Of a scenario; a program that is only watched has no time limit."""

ViewName = Literal["live", "brief", "plain", "json"]
"""The names in VIEWS."""


@dataclass(frozen=True)
class RunOptions:
    """What people gave for the options that every run has."""

    view: ViewName | None = None
    record: Path | None = None
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    """Seconds; 0: none."""
    start_method: Literal["fork", "spawn", "forkserver"] | None = None
    seed: int | None = None
    lang: str | None = None
    theme: str | None = None
    step: bool = False
    pace: str | None = None
    """As it was typed: "2/s"."""
    schedule: Path | None = None
    no_hold: bool = False
    ask: bool = False
    big: bool = False
    races: bool = False
