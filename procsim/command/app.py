"""The `procsim` command as a group of commands: the scenarios first, each made from its `main` when it is asked for."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from procsim import __version__
from procsim.command import declared
from procsim.command.scenario_command import explore_command, scenario_command
from procsim.command.typer_words import LocalizedHelp, TyperUsageError, localized
from procsim.errors import WrongUse
from procsim.language import _
from procsim.lessons import catalog
from procsim.lessons.scenario import NoScenario, OrdinaryScript, Scenario, load
from procsim.nearest import did_you_mean


class Commands(LocalizedHelp, TyperGroup):
    """The commands of `commands.py`, and one for each scenario."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*catalog.scenarios(), *super().list_commands(ctx)]

    def get_command(self, ctx: Any, name: str) -> Any:
        command = super().get_command(ctx, name)
        if command is not None:
            return localized(command)
        return scenario_command(catalog.scenario(name)) if name in catalog.scenarios() else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The titles of the scenarios are read from their files, none of which is imported for that."""
        with formatter.section(_("Scenarios")):
            formatter.write_dl([(name, _(title)) for name, title in catalog.titles().items()])
        names = super().list_commands(ctx)
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(self.commands[name].help or "").partition("\n")[0]) for name in names])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is named first. `ctx.obj` is that command, for those options that stand before it."""
        name, ctx.obj, rest = self._resolved(ctx, args)
        return name, ctx.obj, rest

    def _resolved(self, ctx: Any, args: list[str]) -> Any:
        """`run FILE` is a command of its own, with the options that the file's `main` declares. So are `explore FILE`,
        and `explore` with the name of a scenario.
        """
        if args[:1] == ["explore"] and (explored := _explored_scenario(args[1:])) is not None:
            command = explore_command(explored)
            command.name = f"explore {args[1]}"
            return command.name, command, list(args[2:])
        file = _scenario_file(args[1:]) if args[:1] == ["run"] else None
        if file is None:
            try:
                return super().resolve_command(ctx, args)
            except TyperUsageError as error:
                error.message = _with_what_was_meant(error.message.rstrip(".。"), args[0], self.list_commands(ctx))
                raise
        rest = list(args[1:])
        rest.remove(file)
        command = scenario_command(loaded(Path(file)))
        command.name = f"run {file}"
        return command.name, command, rest


def _with_what_was_meant(complaint: str, word: str, commands: Sequence[str]) -> str:
    """The complaint about a word that is no command, with what was most likely meant."""
    if Path(word).is_file():
        return _("{complaint} (did you mean {word}?)").format(complaint=complaint, word=f"procsim watch {word}")
    return did_you_mean(complaint, word, commands)


def loaded(path: Path) -> Scenario:
    """The scenario in a file. Raises `NoScenario`, which says what can be done with a script that is none."""
    try:
        return load(path)
    except OrdinaryScript as error:
        words = _("{reason}; any script is watched by: procsim watch {name}")
        raise NoScenario(words.format(reason=error, name=path)) from error


def _explored_scenario(arguments: list[str]) -> Scenario | None:
    """The scenario that is named first, by its name or its file; None: a program is to be explored."""
    name = arguments[0] if arguments else ""
    if name in catalog.scenarios():
        return catalog.scenario(name)
    if not name.endswith(".py"):
        return None
    try:
        return load(Path(name))
    except NoScenario as error:
        if not Path(name).is_file():
            raise
        words = _("{reason}; any script is explored by: procsim explore -- {name}")
        raise NoScenario(words.format(reason=error, name=name)) from error


def _scenario_file(arguments: list[str]) -> str | None:
    """The file among the arguments of `run`: the first that ends in .py, or else the first argument of all."""
    words = [word for word in arguments if not word.startswith("-")]
    python_file = next((word for word in words if word.endswith(".py")), None)
    return python_file or (words[0] if arguments[:1] == words[:1] and words else None)


Lessons = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR",
        help="Find scenarios and their chapters in this folder, too; as in PROCSIM_LESSONS.",
        is_eager=True,  # its scenarios are commands, which the rest of the line may name
        callback=lambda folders: catalog.look_in(folders or ()) or folders,
    ),
]

app = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,
    suggest_commands=False,  # it knows no scenarios; `did_you_mean` does
    help="See what processes really do: who holds which lock, who waits in which queue, and what goes wrong.",
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def procsim(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    lessons: Lessons = None,
    lang: declared.Language = None,
    theme: declared.Theme = None,
    big: declared.Big = False,
) -> None:
    """Without a command: the menu on a terminal, the help elsewhere."""
    if version:
        print(f"procsim {__version__}")
        raise typer.Exit
    if lessons:
        catalog.scenarios()  # a folder that is missing is an error whatever the command is
    if ctx.invoked_subcommand is not None:
        if big and not any(parameter.name == "big" for parameter in ctx.obj.params):
            words = _("{option} has no effect with {command}; leave it out")
            raise WrongUse(words.format(option="--big", command=ctx.invoked_subcommand))
        ctx.default_map = {ctx.invoked_subcommand: {"big": True}} if big else None
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        print(ctx.get_help())
        return
    from procsim.lessons.menu import Menu

    Menu(lang, [str(folder) for folder in lessons or ()], theme, big).show()
