"""Ten moments of the lessons, drawn, so that somebody who has never heard of procsim can be asked what goes on there.

    python -m tests.pictures FOLDER [LANGUAGE [THEME]]

Each lesson is run once and recorded; the recording is applied up to the moment, which is an event; and the screen of
80x24 cells is written to FOLDER as a terminal receives it (NAME.ansi) and without colours (NAME.txt). The question is
always the same: "What is going on here, what is going wrong, and who does it?" What counts as right stands below.
"""

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rich.console import ConsoleDimensions
from rich.theme import Theme

from procsim import language
from procsim.lessons import catalog
from procsim.lessons.scenario import load
from procsim.options import from_arguments
from procsim.recording.trace import Trace
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.views.console import HarmlessConsole
from procsim.views.live.keys import Keys
from procsim.views.live.screen import ScreenRequest, screen
from procsim.views.text import palette
from procsim.views.text.palette import styles
from procsim.wire.events import Event

SIZE = ConsoleDimensions(80, 24)


class Moment(NamedTuple):
    """A moment of a lesson."""

    line: str
    """The command line, without "procsim"."""
    is_it: Callable[[Event], bool]
    number: int
    """The moment is the `number`-th event that it is."""
    right: str
    """What an answer must say to be right."""


def of_kind(kind: str, process: str = "") -> Callable[[Event], bool]:
    """Whether an event is of this kind, and of a process whose name begins so."""
    return lambda event: event.kind == kind and event.process.startswith(process)


def says(text: str) -> Callable[[Event], bool]:
    """Whether a process narrates a sentence that begins so."""
    return lambda event: event.kind == "said" and event.fields["text"].startswith(text)


MOMENTS: Mapping[str, Moment] = {
    "tickets_without_lock": Moment(
        "tickets --users 10 --no-lock",
        of_kind("file_written", "user-"),
        5,
        "more tickets were sold than there were, because users overwrite each other's number: each had read 3 before "
        "others wrote 2 (stale read, race); the users that wrote do it",
    ),
    "tickets_with_lock": Moment(
        "tickets --users 10",
        of_kind("file_written", "user-"),
        2,
        "nothing is going wrong: one user after the other buys, the one that holds the lock; the others wait for it",
    ),
    "crash_holder": Moment(
        "tickets --crash-holder",
        of_kind("finding"),
        1,
        "user-1 was killed (died) while it held the lock (mutex), so all others wait for it for ever",
    ),
    "lock_made_in_child": Moment(
        "tickets --lock-made-in child",
        of_kind("file_written", "user-"),
        5,
        "each user has a lock of its own, so the locks keep nobody out, and more tickets were sold than there were",
    ),
    "deadlock": Moment(
        "deadlock",
        of_kind("finding"),
        1,
        "a deadlock: Ming holds the bowl and wants the spoon, Lan holds the spoon and wants the bowl; neither goes on",
    ),
    "queue_full": Moment(
        "queue",
        of_kind("queue_put_waiting"),
        1,
        "the queue is full (5 of 5), and MainProcess, which wants to put a sixth, waits until the taker takes one",
    ),
    "task_done_missing": Moment(
        "prodcons --no-task-done",
        of_kind("finding"),
        1,
        "MainProcess waits for ever for reports: the consumer Ming took (ate) all dishes and never calls task_done",
    ),
    "prodcons_no_daemon": Moment(
        "prodcons --no-daemon",
        of_kind("finding"),
        1,
        "the program hangs: all is eaten, the consumer waits for another dish that nobody will make (it is no daemon, "
        "so it is not ended), and MainProcess waits for it",
    ),
    "daemon": Moment(
        "daemon",
        of_kind("process_ended", "guard"),
        1,
        "the guard is a daemon: it was ended in the middle of its work because its parent, MainProcess, ended",
    ),
    "ipc_memory": Moment(
        "ipc --via memory",
        says("finds that the number"),
        1,
        "the child changed the number in its own copy; MainProcess still sees the old value: memory is not shared",
    ),
}


def state_at(moment: Moment, trace: Trace) -> RunState:
    """What is known of a recorded run at the moment. Raises `LookupError` if it never came."""
    run, left = RunState(), moment.number
    for batch in trace:
        for event in batch:
            apply(run, event)
            left -= moment.is_it(event)
            if not left:
                return run
    raise LookupError("the moment never came")


def drawn(moment: Moment, run: RunState, colours: bool, other_way: str = "") -> str:
    """The screen, as a terminal receives it."""
    name, *arguments = moment.line.split()
    scenario = load(catalog.scenarios()[name], name)
    values = from_arguments(scenario.options, arguments)
    request = ScreenRequest(
        f"procsim {moment.line}",
        SIZE,
        run.t,
        headline=partial(scenario.headline, values=values),
        keys=Keys(alarm=bool(run.found), other_way=other_way),
    )
    stream = io.StringIO()
    console = HarmlessConsole(
        file=stream,
        width=SIZE.width,
        height=SIZE.height,
        force_terminal=colours,
        color_system="256" if colours else None,
        theme=Theme(styles(colours)),
    )
    console.print(screen(run, request)[0], crop=True, end="")
    return stream.getvalue()


def main(folder: Path, chosen: str = "en", theme: str = "dark") -> None:
    """Run, record and draw all."""
    palette.choose(theme)
    folder.mkdir(parents=True, exist_ok=True)
    for name, moment in MOMENTS.items():
        with tempfile.TemporaryDirectory() as place:
            recording = Path(place, "run.jsonl")
            command = [
                sys.executable,
                "-m",
                "procsim",
                *moment.line.split(),
                "--record",
                str(recording),
                "--view",
                "json",
            ]
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=os.environ)
            language.choose(chosen, scenario=True)
            run = state_at(moment, Trace(recording))
        for colours, ending in ((True, "ansi"), (False, "txt")):
            (folder / f"{name}.{ending}").write_text(drawn(moment, run, colours))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:4])
