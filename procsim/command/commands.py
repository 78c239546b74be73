"""The commands besides those of the scenarios."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from procsim import language
from procsim.command import declared, exploring
from procsim.command.app import Lessons, loaded
from procsim.command.app import app as app
from procsim.command.run_options import RunOptions
from procsim.command.typer_words import Command
from procsim.errors import WrongUse
from procsim.harmless import harmless
from procsim.language import _
from procsim.lessons import catalog
from procsim.nearest import did_you_mean
from procsim.output import words_for_unwritable

if TYPE_CHECKING:
    from procsim.lessons.chapter import Chapter


def explained(incomplete: str) -> list[str]:
    """What `explain` takes, as far as it begins so: the names of the chapters, and the ids of their lessons."""
    chapters = catalog.chapters()
    words = [chapter.name for chapter in chapters]
    words += [lesson.id for chapter in chapters for lesson in chapter.lessons if lesson.id]
    return [word for word in words if word.startswith(incomplete)]


def scenarios(incomplete: str) -> list[str]:
    """What `show` takes, as far as it begins so: the commands of the scenarios."""
    return [word for word in catalog.scenarios() if word.startswith(incomplete)]


def topics(incomplete: str) -> list[str]:
    """What `guide` takes, as far as it begins so: the names of its pages."""
    from procsim.lessons.guide import TOPICS

    return [word for word in TOPICS if word.startswith(incomplete)]


@app.command("run", cls=Command)
def run(file: Annotated[Path, typer.Argument(metavar="FILE [OPTIONS]...")]) -> None:
    """Run a scenario of your own; it takes the options that its main() declares."""
    loaded(file)  # raises: a file that is a scenario has become a command of its own before


@app.command("watch", cls=Command, context_settings={"allow_interspersed_args": False})
def watch(
    command: Annotated[list[str], typer.Argument(metavar="SCRIPT|MODULE|COMMAND [ARGS]...")],
    module: Annotated[bool, typer.Option("-m", help="Run a module or package, as python -m does.")] = False,
    view: declared.WatchView = None,
    summary: declared.Summary = False,
    record: declared.Record = None,
    findings: declared.Findings = None,
    fail_on: declared.FailOn = None,
    timeout: declared.Timeout = 0,
    start_method: declared.StartMethod = None,
    seed: declared.Seed = None,
    on_hang: declared.OnHang = None,
    lang: declared.Language = None,
    theme: declared.Theme = None,
    step: declared.Step = False,
    pace: declared.Pace = None,
    schedule: declared.Schedule = None,
    big: declared.Big = False,
    races: declared.Races = False,
) -> None:
    """Watch any multiprocessing program, unchanged: a script, a module (-m), or an installed command."""
    from procsim.command.watching import show_program
    from procsim.session.report import Report

    language.choose(lang)  # `cli` does not look for it behind `watch`
    options = RunOptions(
        view, record, timeout, start_method, seed, lang, theme, step, pace, schedule, big=big, races=races
    )
    report = Report(findings, fail_on)
    raise typer.Exit(show_program(command, module, options, on_hang, summary, report))


@app.command("explore", cls=Command, context_settings={"allow_interspersed_args": False})
def explore(
    command: Annotated[list[str], typer.Argument(metavar="SCENARIO|FILE|-- SCRIPT [ARGS]...")],
    module: Annotated[bool, typer.Option("-m", help="Explore a module or package, as python -m runs it.")] = False,
    budget: exploring.Budgeted = "60s",
    seed: exploring.ExploredSeed = 0,
    view: exploring.ExploredView = None,
    record: exploring.Recorded = None,
    allow: exploring.Allowed = None,
    preemptions: exploring.Preemptions = None,
    start_method: declared.StartMethod = None,
    lang: declared.Language = None,
    theme: declared.Theme = None,
) -> None:
    """Try all orders in which the steps of a program can happen, and say which of them go wrong, and why."""
    options = exploring.ExploreOptions(budget, seed, view, record, allow, preemptions, start_method, lang, theme)
    raise typer.Exit(exploring.explore_program(command, module, options))


@app.command("attach", cls=Command)
def attach(
    process: Annotated[str, typer.Argument(metavar="PID|WORD")],
    only: Annotated[bool, typer.Option("--only", help="Look at this process alone.")] = False,
    view: Annotated[
        Literal["plain", "live", "json"] | None,
        typer.Option(help="How to show it: as text (plain), on the screen again every second (live), or as JSON."),
    ] = None,
    stacks: Annotated[bool, typer.Option("--stacks", help="Also show where each thread stands.")] = False,
    values: Annotated[
        bool, typer.Option("--locals", help="With the values of its variables, which may be secret.")
    ] = False,
    fail_on: Annotated[
        Literal["certain", "probable"] | None,
        typer.Option(
            help="End with exit code 4 if something is wrong for certain (or probably), and it does not hang."
        ),
    ] = None,
    lang: declared.Language = None,
    theme: declared.Theme = None,
) -> None:
    """Say why a program hangs that runs already: its PID, or a word in its command line."""
    from procsim.command.attaching import attach as show

    raise typer.Exit(show(process, only, view, stacks, values, fail_on))


@app.command("replay", cls=Command)
def replay(
    trace: Annotated[Path, typer.Argument(metavar="FILE")],
    view: declared.View = None,
    speed: Annotated[float, typer.Option(metavar="FACTOR", help="In the live view: how fast; 2 is twice as fast.")] = 1,
    lang: declared.Language = None,
    theme: declared.Theme = None,
    big: declared.Big = False,
) -> None:
    """Show a run that was recorded with --record."""
    from procsim.command.showing import show_recording

    raise typer.Exit(show_recording(trace, view, speed, lang, big))


@app.command("list", cls=Command)
def list_lessons(lessons: Lessons = None, lang: declared.Language = None, theme: declared.Theme = None) -> None:
    """List the chapters and lessons, in the order in which they are taught, and the commands that show them."""
    from procsim.lessons.pages import overview, print_page

    print_page(overview(catalog.chapters()), wide=True)


@app.command("explain", cls=Command)
def explain(
    word: Annotated[
        str,
        typer.Argument(
            metavar="[LESSON|CHAPTER]",
            help="Such as M1, or tickets for its whole chapter; without it, a list.",
            autocompletion=explained,
        ),
    ] = "",
    notes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there in Markdown, as notes to speak from.")
    ] = None,
    lessons: Lessons = None,
    lang: declared.Language = None,
    theme: declared.Theme = None,
) -> None:
    """What a lesson is about, what to look for, and what to ask the class."""
    from procsim.lessons.pages import explanation, overview, print_page
    from procsim.lessons.speakers_notes import speakers_notes

    chapters = _chapters_about(word)
    if notes is not None:
        _write_new(notes, speakers_notes(chapters).encode())
        print(harmless(_("{path}: the speaker's notes are written").format(path=notes)))
    elif word:
        print_page(*(explanation(lesson) for chapter in chapters for lesson in chapter.lessons))
    else:
        print_page(overview(chapters), wide=True)


@app.command("guide", cls=Command)
def guide(
    topic: Annotated[
        str, typer.Argument(metavar="[TOPIC]", help="Such as hangs; without it, a list.", autocompletion=topics)
    ] = "",
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Only rows of its tables that have these words.")
    ] = None,
    lang: declared.Language = None,
    theme: declared.Theme = None,
) -> None:
    """Show a page of the guide: steps, hangs, options and more."""
    from procsim.lessons import guide
    from procsim.lessons.pages import print_page

    page = guide.topic_of(topic)
    if page:
        shown = guide.rows_with(page, words) if words else guide.page(page)
        if shown is None:
            complaint = _("no row of a table in {page} has all of these words: {words}")
            raise WrongUse(complaint.format(page=page, words=language.listed(words or [])))
        print_page(shown, wide=not sys.stdout.isatty())
    elif topic:
        complaint = _("{word}: no such page of the guide; there are {pages}").format(
            word=topic, pages=language.listed(guide.TOPICS)
        )
        raise WrongUse(did_you_mean(complaint, topic, guide.TOPICS))
    else:
        print("\n".join(f"procsim guide {name:<10} {guide.title(name)}" for name in guide.TOPICS))


@app.command("show", cls=Command)
def show(
    name: Annotated[str, typer.Argument(metavar="SCENARIO", help="Such as tickets.", autocompletion=scenarios)],
    copy: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a copy there, to change it.")] = None,
    chapter: Annotated[bool, typer.Option("--chapter", help="The file of its chapter instead.")] = False,
    lessons: Lessons = None,
    lang: declared.Language = None,
    theme: declared.Theme = None,
) -> None:
    """Print the source of a scenario, or of its chapter, or copy it."""
    if name not in catalog.scenarios():
        known = catalog.scenarios()
        words = _("{word}: no such scenario; there are {scenarios}")
        raise WrongUse(did_you_mean(words.format(word=name, scenarios=language.listed(known)), name, known))
    path = catalog.chapter_file(name) if chapter else catalog.scenarios()[name]
    if path is None:
        words = _("{word}: has no chapter yet; procsim guide scenario tells how to write one")
        raise WrongUse(words.format(word=name))
    if copy is not None:
        _write_new(copy, path.read_bytes())
        command = f"procsim --lessons {copy.parent} explain {name}" if chapter else f"procsim run {copy}"
        print(harmless(_("{path} is yours now; try it with: {command}").format(path=copy, command=command)))
        return
    from procsim.lessons.pages import print_page, source

    print_page(source(path), wide=True)


@app.command("rehearse", cls=Command)
def rehearse(
    word: Annotated[
        str,
        typer.Argument(
            metavar="[LESSON|CHAPTER]", help="Such as tickets; without it, all lessons.", autocompletion=explained
        ),
    ] = "",
    lessons: Lessons = None,
    lang: declared.Language = None,
    theme: declared.Theme = None,
) -> None:
    """Before class: try the terminal, the machine, and each lesson once; at most a minute."""
    from procsim.rehearsal.report import rehearse
    from procsim.views.live.terminal import leave_by_signals

    chapters = _chapters_about(word)
    leave_by_signals()
    raise typer.Exit(rehearse(chapters, [str(folder) for folder in catalog.folders()], lang))


def _chapters_about(word: str) -> "list[Chapter]":
    """The chapter or the lesson of that name; all chapters, if it is empty. Raises `WrongUse`."""
    chapters = catalog.about(word) if word else catalog.chapters()
    if not chapters:
        words = _("{word}: no such chapter or lesson; procsim list names them all")
        raise WrongUse(did_you_mean(words.format(word=word), word, explained("")))
    return chapters


def _write_new(path: Path, text: bytes) -> None:
    """Write a file that is not there yet. Raises `WrongUse`."""
    try:
        with path.open("xb") as file:
            file.write(text)
    except FileExistsError:
        raise WrongUse(_("{path}: exists already; choose another name").format(path=path)) from None
    except OSError as error:
        raise WrongUse(words_for_unwritable(path, error.strerror)) from error
