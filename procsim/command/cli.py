"""The command line: each command chooses a source of events and a view, and hands both to the stage."""

import errno
import inspect
import os
import shutil
import sys
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from procsim import __version__, language
from procsim.command import stage
from procsim.command import typer_words as spoken
from procsim.command.typer_words import UsageError
from procsim.complaints import complain, fault_of
from procsim.exit_code import ExitCode
from procsim.harmless import harmless
from procsim.language import _
from procsim.lessons import catalog
from procsim.lessons.scenario import NoScenario, Scenario, load
from procsim.options import Option, WrongOption
from procsim.views import BORROWED, VIEWS, Again, Showing

DEFAULT_TIMEOUT_SECONDS = 60.0

# The options that every run has.
_View = Annotated[
    stage.ViewName | None, typer.Option(help="How to show the run; by default live on a terminal, plain elsewhere.")
]
_Record = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a trace, for procsim replay.")]
_Timeout = Annotated[float, typer.Option(metavar="SECONDS", help="End the run after this time; 0: never.")]
_StartMethod = Annotated[
    Literal["fork", "spawn", "forkserver"] | None,
    typer.Option(help="How multiprocessing starts processes; by default as this Python does."),
]
_Seed = Annotated[int | None, typer.Option(metavar="N", help="Seed `random`, in each process its own.")]
_Language = Annotated[
    Literal["en", "zh", "zh_CN"] | None, typer.Option(help="The language; by default that of the environment.")
]
_OnHang = Annotated[
    Literal["stop", "wait"] | None,
    typer.Option(help="When it hangs, say why, then end it or wait; by default ask on a terminal, stop elsewhere."),
]
_Step = Annotated[
    bool, typer.Option("--step", "--paused", help="Begin standing still: keys let one process take one step.")
]
_Pace = Annotated[str | None, typer.Option(metavar="N/s", help="Slow motion: so many steps a second, as 2/s.")]
_Schedule = Annotated[
    Path | None, typer.Option(metavar="TRACE", help="Take the steps that were recorded there, in the same order.")
]
_Compare = Annotated[
    bool, typer.Option("--compare", help="Run it in several ways, one after the other, and show them side by side.")
]
_Lessons = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR",
        help="Find scenarios and their chapters in this folder, too; as in PROCSIM_LESSONS.",
        is_eager=True,  # its scenarios are commands, which the rest of the line may name
        callback=lambda folders: catalog.look_in(folders or ()) or folders,
    ),
]
_COMMON: dict[str, tuple[Any, Any]] = {
    "view": (_View, None),
    "record": (_Record, None),
    "timeout": (_Timeout, DEFAULT_TIMEOUT_SECONDS),
    "start_method": (_StartMethod, None),
    "seed": (_Seed, None),
    "lang": (_Language, None),
    "step": (_Step, False),
    "pace": (_Pace, None),
    "schedule": (_Schedule, None),
}
"""Their types and defaults, for the commands that are made here."""


class _Commands(spoken.Spoken, TyperGroup):
    """The commands that stand below, and one for each scenario, made from its `main` when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*catalog.scenarios(), *super().list_commands(ctx)]

    def get_command(self, ctx: Any, name: str) -> Any:
        command = super().get_command(ctx, name)
        if command is not None:
            return spoken.translated(command)
        return _scenario_command(catalog.scenario(name)) if name in catalog.scenarios() else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The scenarios first, by their titles: for the list none of them is imported."""
        with formatter.section(_("Scenarios")):
            formatter.write_dl([(name, _(title)) for name, title in catalog.titles().items()])
        names = super().list_commands(ctx)
        commands = [(name, _(self.commands[name].help or "").partition("\n")[0]) for name in names]
        with formatter.section(_("Commands")):
            formatter.write_dl(commands)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """`run FILE` takes what the file's own `main` declares."""
        file = _scenario_file(args[1:]) if args[:1] == ["run"] else None
        if file is None:
            return super().resolve_command(ctx, args)
        rest = list(args[1:])
        rest.remove(file)
        command = _scenario_command(load(Path(file)))
        command.name = f"run {file}"
        return command.name, command, rest


app = typer.Typer(
    cls=_Commands,
    rich_markup_mode=None,
    help="See what processes really do: who holds which lock, who waits in which queue, and what goes wrong.",
    pretty_exceptions_enable=False,
)


def _explained(incomplete: str) -> list[str]:
    """What `explain` knows, for the shell and for people."""
    chapters = catalog.chapters()
    words = [chapter.name for chapter in chapters]
    words += [lesson.id for chapter in chapters for lesson in chapter.lessons if lesson.id]
    return [word for word in words if word.startswith(incomplete)]


def _topics(incomplete: str) -> list[str]:
    """The pages of the guide, for the shell."""
    from procsim.lessons.guide import TOPICS

    return [word for word in TOPICS if word.startswith(incomplete)]


def _scenarios(incomplete: str) -> list[str]:
    """The scenarios' commands, for the shell."""
    return [word for word in catalog.scenarios() if word.startswith(incomplete)]


def _scenario_file(arguments: list[str]) -> str | None:
    """The scenario among the arguments of `run`: what is called as Python files are, or else the first word."""
    words = [word for word in arguments if not word.startswith("-")]
    called_so = next((word for word in words if word.endswith(".py")), None)
    return called_so or (words[0] if arguments[:1] == words[:1] and words else None)


# Commands ----------------------------------------------------------------------------------------------------


@app.callback(invoke_without_command=True)
def _procsim(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    lessons: _Lessons = None,
    lang: _Language = None,
) -> None:
    if version:
        print(f"procsim {__version__}")
        raise typer.Exit
    if lessons:
        catalog.scenarios()  # a folder that is not there is told whatever the command is
    if ctx.invoked_subcommand is not None:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        print(ctx.get_help())
        return
    from procsim.lessons.menu import Menu

    Menu(lang or _language_asked, [str(folder) for folder in lessons or ()]).show()


@app.command("run", cls=spoken.Command)
def _run(file: Annotated[Path, typer.Argument(metavar="FILE [OPTIONS]...")]) -> None:
    """Run a scenario of your own; it takes the options that its main() declares."""
    load(file)  # a file that is one was resolved before


@app.command("watch", cls=spoken.Command, context_settings={"allow_interspersed_args": False})
def _watch(
    command: Annotated[list[str], typer.Argument(metavar="SCRIPT|MODULE|COMMAND [ARGS]...")],
    module: Annotated[bool, typer.Option("-m", help="Run a module or package, as python -m does.")] = False,
    view: _View = None,
    record: _Record = None,
    timeout: _Timeout = 0,
    start_method: _StartMethod = None,
    seed: _Seed = None,
    on_hang: _OnHang = None,
    lang: _Language = None,
    step: _Step = False,
    pace: _Pace = None,
    schedule: _Schedule = None,
) -> None:
    """Watch any multiprocessing program, unchanged: a script, a module (-m), or an installed command."""
    common = stage.Common(view, record, timeout, start_method, seed, lang or _language_asked, step, pace, schedule)
    stop = on_hang == "stop" or (on_hang is None and not sys.stderr.isatty())
    line = _command_line(command, module)
    script = next((Path(word) for word in line[1:2] if word.endswith(".py") and Path(word).is_file()), None)
    showing = Showing(stage.command_typed(), True, script, asks=not stop)
    code, wanted = 0, Again.SAME
    while wanted is Again.SAME:
        code, wanted = stage.show(line, Path(command[0]).name, common, showing, stop_on_hang=stop)
    raise typer.Exit(code)


def _command_line(command: list[str], module: bool) -> list[str]:
    """What starts the program that is to be watched: a script by this Python, an installed command by itself."""
    name, *arguments = command
    if module:
        return [sys.executable, "-m", name, *arguments]
    if Path(name).is_file() and not (os.access(name, os.X_OK) and not name.endswith(".py")):
        return [sys.executable, name, *arguments]
    found = shutil.which(name)
    if found is None:
        words = _("{name}: no such script, and no such command; give a Python file, -m MODULE or a command")
        raise UsageError(words.format(name=name))
    return [found, *arguments]


@app.command("replay", cls=spoken.Command)
def _replay(
    trace: Annotated[Path, typer.Argument(metavar="TRACE")],
    view: _View = None,
    speed: Annotated[float, typer.Option(metavar="FACTOR", help="In the live view: how fast; 2 is twice as fast.")] = 1,
    lang: _Language = None,
) -> None:
    """Show a run that was recorded with --record."""
    from procsim.recording.trace import Trace, paced
    from procsim.session.replay import show_trace

    if not 0 < speed < float("inf"):
        raise UsageError(_("--speed must be more than 0, not {speed}").format(speed=f"{speed:g}"))
    recording = Trace(trace)
    language.choose(lang or _language_asked, scenario=recording.header.scenario in catalog.scenarios())
    name = stage.view_name(view)
    batches = paced(recording, speed) if name == "live" else iter(recording)
    shown = VIEWS[name](Showing(f"procsim replay {trace.name}", speed=speed))
    raise typer.Exit(show_trace(recording, batches, shown))


@app.command("list", cls=spoken.Command)
def _list(lang: _Language = None) -> None:
    """List the scenarios, in the order in which they are taught."""
    titles = catalog.titles()
    cells = max(10, *map(len, titles))
    for name, title in titles.items():
        print(harmless(f"{name:{cells}} {_(title)}"))


@app.command("explain", cls=spoken.Command)
def _explain(
    word: Annotated[
        str,
        typer.Argument(
            metavar="LESSON|CHAPTER",
            help="Such as M1, or tickets for its whole chapter.",
            autocompletion=_explained,
        ),
    ],
    lang: _Language = None,
) -> None:
    """What a lesson is about, what to look for, and what to ask the class."""
    from procsim.lessons.pages import explanation, print_page

    found = catalog.about(word)
    if not found:
        words = _("{word}: no such chapter or lesson; there are {lessons}")
        raise UsageError(words.format(word=word, lessons=language.listed(_explained(""))))
    print_page(*(explanation(lesson) for lesson in found))


@app.command("guide", cls=spoken.Command)
def _guide(
    topic: Annotated[
        str, typer.Argument(metavar="[TOPIC]", help="Such as hangs; without it, a list.", autocompletion=_topics)
    ] = "",
    lang: _Language = None,
) -> None:
    """Show a page of the guide: steps, hangs, options and more."""
    from procsim.lessons import guide
    from procsim.lessons.pages import print_page

    if topic in guide.TOPICS:
        print_page(guide.page(topic), wide=not sys.stdout.isatty())
    elif topic:
        words = _("{word}: no such page of the guide; there are {pages}")
        raise UsageError(words.format(word=topic, pages=language.listed(guide.TOPICS)))
    else:
        print("\n".join(f"procsim guide {name:<10} {guide.title(name)}" for name in guide.TOPICS))


@app.command("show", cls=spoken.Command)
def _show_source(
    name: Annotated[str, typer.Argument(metavar="SCENARIO", help="Such as tickets.", autocompletion=_scenarios)],
    copy: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a copy there, to change it.")] = None,
    chapter: Annotated[bool, typer.Option("--chapter", help="The file of its chapter instead.")] = False,
    lang: _Language = None,
) -> None:
    """Print the source of a scenario, or of its chapter, or copy it."""
    if name not in catalog.scenarios():
        words = _("{word}: no such scenario; there are {scenarios}")
        raise UsageError(words.format(word=name, scenarios=language.listed(catalog.scenarios())))
    path = catalog.chapter_file(name) if chapter else catalog.scenarios()[name]
    if path is None:
        words = _("{word}: has no chapter yet; procsim guide scenario tells how to write one")
        raise UsageError(words.format(word=name))
    if copy is None:
        from procsim.lessons.pages import print_page, source

        print_page(source(path), wide=True)
        return
    try:
        with copy.open("xb") as file:
            file.write(path.read_bytes())
    except FileExistsError:
        raise UsageError(_("{path}: is there already; choose another name").format(path=copy)) from None
    except OSError as error:
        raise UsageError(_("{path}: cannot be written: {reason}").format(path=copy, reason=error.strerror)) from error
    command = f"procsim --lessons {copy.parent} explain {name}" if chapter else f"procsim run {copy}"
    print(harmless(_("{path} is yours now; try it with: {command}").format(path=copy, command=command)))


def _scenario_command(scenario: Scenario) -> Any:
    """The command of a scenario, with the options that its `main` declares and those that every run has."""

    def command(**given: Any) -> None:
        given["lang"] = given["lang"] or _language_asked
        common = stage.Common(**{name: given.pop(name) for name in _COMMON})
        try:
            values = {option.name: option.check(given[option.name]) for option in scenario.options}
        except WrongOption as error:
            raise UsageError(str(error)) from error
        compare = scenario.compares and given["compare"]
        raise typer.Exit((stage.show_ways if compare else stage.show_scenario)(scenario, values, common))

    parameters = [_parameter(option.name, *_typed(option)) for option in scenario.options]
    parameters += [_parameter("compare", _Compare, False)] if scenario.compares else []
    parameters += [_parameter(name, hint, default) for name, (hint, default) in _COMMON.items()]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = scenario.title
    one = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    one.command(scenario.name, cls=spoken.Command)(command)
    return spoken.translated(typer.main.get_command(one))


def _parameter(name: str, hint: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)


def _typed(option: Option) -> tuple[Any, Any]:
    hint: Any = Literal[option.choices] if option.choices else option.type
    if option.default is None:
        hint = hint | None
    return Annotated[hint, typer.Option(help=option.help)], option.default


def run() -> int:
    """The `procsim` command. Returns its exit code; what went wrong is said in one line."""
    global _language_asked
    _make_streams_safe()
    if BORROWED in os.environ:
        from procsim.views.terminal import terminal

        terminal.borrow()
    _language_asked = _asked(sys.argv[1:])
    language.choose(_language_asked)
    try:
        code = _command()
        sys.stdout.flush()
    except OSError as error:  # of help, a list, a version: the views say it in their own words
        _forget_output()
        if error.errno == errno.EPIPE:
            return ExitCode.READER_GONE
        code = _complain(_("the output cannot be written: {reason}").format(reason=error.strerror))
    if code == ExitCode.READER_GONE:
        _forget_output()
    return code


_language_asked: str | None = None
"""What --lang says, known before the command line is read: its help and what is wrong with it are in this language."""


def _asked(words: list[str]) -> str | None:
    """The language after --lang; after `watch`, whose program may have such an option, it is read with the others."""
    words = [*takewhile(lambda word: word != "watch", words), ""]
    for word, following in pairwise(words):
        value = following if word == "--lang" else word.removeprefix("--lang=")
        if word.startswith("--lang") and value in language.LANGUAGES:
            return value
    return None


def _command() -> int:
    try:
        command = spoken.translated(typer.main.get_command(app))
        folders = os.environ.get("PROCSIM_LESSONS", "").split(os.pathsep)
        catalog.look_in((Path(folder) for folder in folders if folder), command.commands)
        code = command.main(prog_name="procsim", standalone_mode=False)
    except UsageError as error:
        where = getattr(getattr(error, "ctx", None), "command_path", None)  # not where one of us has raised it
        complaint = spoken.complaint(error.format_message().rstrip(".。"))
        return _complain(
            _("{complaint}. See: {command} --help").format(complaint=complaint, command=where) if where else complaint
        )
    except NoScenario as error:
        return _complain(str(error))
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except Exception as error:
        from procsim.control.choosers import Misfit
        from procsim.lessons.chapter import NoChapter
        from procsim.recording.trace import NoTrace
        from procsim.running.launch import CannotStart
        from procsim.views.base import CannotWrite, ReaderGone

        if isinstance(error, ReaderGone):
            return ExitCode.READER_GONE
        if isinstance(error, CannotWrite):
            _forget_output()
        if isinstance(error, Misfit):
            return _complain(_("the schedule does not fit the program: {reason}").format(reason=error))
        if isinstance(error, NoTrace | NoChapter | CannotStart | CannotWrite):
            return _complain(str(error))
        if isinstance(error, OSError):
            raise
        words = _("procsim itself has failed; please report this fault: {fault}")
        return _complain(words.format(fault=fault_of(error)))
    return code if isinstance(code, int) else 0


def _forget_output() -> None:
    from procsim.views.base import forget_output

    forget_output(sys.stdout)


def _complain(text: str) -> int:
    complain(text)
    return ExitCode.WRONG_USE


def _make_streams_safe() -> None:
    """Neither a stream that is closed must end us, nor Chinese where the terminal's encoding has none."""
    if sys.stdin is None:  # the program watched finds it closed all the same: our file is not inherited
        sys.stdin = open(os.devnull)  # noqa: SIM115
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
