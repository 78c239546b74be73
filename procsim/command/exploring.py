"""`procsim explore`: the options, and what is done with them.

scenario, or script ──► Executor ──► Explorer ──► what was found ──► text or JSON, an exit code
                                       │  └──► the simplest wrong execution of each kind ──► --record DIR
                                       └──► what is known so far ──► the live view, or a few lines (`exploring_shown`)
"""

import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from procsim import language
from procsim.command import declared
from procsim.errors import WrongUse
from procsim.exit_code import ExitCode
from procsim.language import _
from procsim.nearest import did_you_mean
from procsim.options import as_arguments, typed

if TYPE_CHECKING:
    from procsim.explore.explorer import Budget
    from procsim.explore.faults import Always
    from procsim.explore.outcomes import Exploration, Kind
    from procsim.lessons.scenario import Scenario

Budgeted = Annotated[
    str, typer.Option(metavar="N|Ns", help="How much to try: so many executions (500), or seconds (60s).")
]
Recorded = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Record the simplest way to each thing that goes wrong there, for --schedule."),
]
Allowed = Annotated[
    list[str] | None,
    typer.Option(metavar="WHAT", help="What the program may do outside: a folder, network, programs or signals."),
]
Preemptions = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=0, help="Try only orders that interrupt a process, while it could go on, at most N times."
    ),
]
ExploredSeed = Annotated[
    int,
    typer.Option(
        metavar="N", help="Seed the module random in each process, and the choice of orders that are tried at random."
    ),
]
ExploredViewName = Literal["live", "plain", "json"]
ExploredView = Annotated[
    ExploredViewName | None,
    typer.Option(help="How to show what is found; by default live on a terminal, plain elsewhere."),
]


@dataclass(frozen=True)
class ExploreOptions:
    """What people gave for the options of `procsim explore`."""

    budget: Budgeted = "60s"
    seed: ExploredSeed = 0
    view: ExploredView = None
    record: Recorded = None
    allow: Allowed = None
    preemptions: Preemptions = None
    start_method: declared.StartMethod = None
    lang: declared.Language = None
    theme: declared.Theme = None


TYPES = get_type_hints(ExploreOptions, include_extras=True)
"""As `declared.TYPES`."""


@dataclass(frozen=True)
class Subject:
    """What is explored."""

    title: str
    """The command, as people have typed it."""
    command: Sequence[str]
    """As `python` takes it, from the script on."""
    again: tuple[str, str]
    """The command by which people see one of its executions again: what stands before and after `--schedule FILE`."""
    name: str
    options: Mapping[str, Any]
    source: Path | None
    """The last three: as the header of a recording has them."""
    always: "Always | None" = None


def explore_scenario(scenario: "Scenario", values: dict[str, Any], options: ExploreOptions) -> int:
    """Explore a scenario with these values of its options. Returns the exit code of the command."""
    from procsim.lessons import catalog

    changed = [option for option in scenario.options if values[option.name] != option.default]
    known = catalog.scenarios().get(scenario.name) == scenario.path
    words = ["procsim", scenario.name if known else f"run {scenario.path}", *typed(changed, values)]
    again = " ".join([*words, ""]), ""
    command = [str(scenario.path), *as_arguments(scenario.options, values)]
    always = partial(scenario.always, values=values)
    language.choose(options.lang, scenario=True)
    return _explore(Subject(_title(), command, again, scenario.name, values, scenario.path, always), options)


def explore_program(command: list[str], module: bool, options: ExploreOptions) -> int:
    """Explore a script, or a module. Returns the exit code of the command. Raises `WrongUse` where there is none."""
    language.choose(options.lang)
    name, source = command[0], Path(command[0])
    if not module and not source.is_file():
        from procsim.lessons import catalog

        if name in catalog.scenarios():
            raise WrongUse(_("{name}: options stand behind a scenario: procsim explore {name} …").format(name=name))
        complaint = _("{name}: no such script; give a scenario, a Python file or -m MODULE").format(name=name)
        raise WrongUse(did_you_mean(complaint, name, catalog.scenarios()))
    words = ["-m", *command] if module else command
    return _explore(
        Subject(
            _title(), words, ("procsim watch ", " ".join(["", *words])), source.name, {}, None if module else source
        ),
        options,
    )


def _title() -> str:
    return " ".join(["procsim", *sys.argv[1:]])


def budget_of(given: str) -> "Budget":
    """The budget of "500" or "60s". Raises `WrongUse`."""
    from procsim.explore.explorer import Budget

    number = given.removesuffix("s")
    try:
        seconds = float(number) if number != given else None
        executions = int(number) if number == given else None
    except ValueError:
        seconds, executions = None, 0
    if (executions is not None and executions < 1) or (seconds is not None and not 0 < seconds < float("inf")):
        words = _("--budget must be a number of executions (500) or of seconds (60s), not {value}")
        raise WrongUse(words.format(value=given))
    return Budget(executions, seconds)


def allowed_by(given: str) -> str:
    """What `--allow` has allowed: a word, or the absolute path of a folder. Raises `WrongUse` for anything else."""
    if given in ("network", "programs", "signals"):
        return given
    if "/" not in given and not Path(given).exists():
        words = _("--allow takes a folder, network, programs or signals, and not {value}")
        raise WrongUse(words.format(value=given))
    return str(Path(given).resolve())


def _explore(subject: Subject, options: ExploreOptions) -> int:
    from procsim.command.exploring_shown import Shown, progress_view, view_name
    from procsim.explore.executor import Executor
    from procsim.explore.explorer import Explorer
    from procsim.explore.faults import faults_of
    from procsim.session.signals import Signals

    if sys.platform != "linux":
        raise WrongUse(_("a program can be explored on Linux alone"))
    view, budget = view_name(options.view), budget_of(options.budget)
    allowed = [allowed_by(given) for given in options.allow or ()]
    with Signals() as signals:
        with Shown(progress_view(view, subject.title, budget), signals) as shown:
            make = partial(
                Executor,
                subject.command,
                seed=options.seed,
                start_method=options.start_method,
                allowed=allowed,
                meanwhile=shown.look,
            )
            try:
                executor = make(partial(faults_of, always=subject.always))
            except KeyboardInterrupt:  # nothing was tried
                return 128 + (signals.received or signal.SIGINT)
            explorer = Explorer(
                executor, time.monotonic, budget, options.preemptions, options.seed, lambda found: shown.look()
            )
            shown.begin(explorer.exploration)
            found = explorer.run()
            ended_by, signals.received = signals.received, 0  # what is known is recorded, until a second signal comes
            again, refusal = _recorded(options.record, subject, found, make)
            if not (found.interrupted or signals.received or refusal is not None):
                shown.stand(found, again)
        _print(view, subject, found, again)
        shown.complain()
        if refusal is not None:
            raise refusal
        received = ended_by or signals.received
    return 128 + received if received else exit_code_of(found)


def _print(view: ExploredViewName, subject: Subject, found: "Exploration", again: "Mapping[Kind, str]") -> None:
    """Print the answer."""
    from procsim.views.console import console
    from procsim.views.explored import print_explored
    from procsim.views.explored_json import write_explored

    if view == "json":
        write_explored(sys.stdout, subject.title, found, again)
    else:
        print_explored(console(sys.stdout), subject.title, found, again)


def exit_code_of(found: "Exploration") -> ExitCode:
    """What a shell or CI is to know of it."""
    if found.interrupted:
        return ExitCode.INTERRUPTED
    if found.wrong:
        return ExitCode.WRONG_ORDER
    return ExitCode.WRONG_USE if found.stopped is not None else ExitCode.SHOWN


def _recorded(
    folder: Path | None, subject: Subject, found: "Exploration", make: Callable[..., Any]
) -> "tuple[dict[Kind, str], WrongUse | None]":
    """Record the simplest wrong execution of each kind, if that is wanted.

    Returns the commands that show them again, and why there are no more: so what was found is told even so. Each is run
    once more for that: until then, nobody wanted its events.
    """
    from procsim.command.exploring_record import record

    again: dict[Kind, str] = {}
    if folder is None:
        return again, None
    try:
        for number, outcome in enumerate((each for each in found.wrong if not each.is_flaky), start=1):
            path = folder / f"wrong-{number}.jsonl"
            if record(path, subject, outcome.simplest.steps, make):
                again[outcome.kind] = f"--schedule {path}".join(subject.again)
    except KeyboardInterrupt:
        pass
    except WrongUse as refusal:
        return again, refusal
    return again, None
