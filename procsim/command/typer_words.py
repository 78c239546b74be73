"""Help, and complaints about a command line, in the chosen language.

typer asks gettext for some of its words and has the others in its code, in English. Both are in our catalogues.
"""

import re
from collections.abc import Mapping
from typing import Any

import typer
import typer.core

from procsim.harmless import harmless
from procsim.language import N_, _, listed
from procsim.nearest import did_you_mean

TyperUsageError: Any = typer.BadParameter.__mro__[1]
"""What typer raises where a command line is wrong; it does not export the class itself."""

typer.core._ = _  # type: ignore[attr-defined,assignment]


WORDS = (
    N_("Arguments"),
    N_("Options"),
    N_("Commands"),
    N_("Missing command."),
    N_("No such command {name!r}."),
    N_("default: {default}"),
    N_("required"),
    N_("Show this message and exit."),
    N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
)
"""Words of typer's help: some it asks gettext for, others it takes from us."""

COMPLAINTS = (
    N_("No such option: {option} Did you mean {meant}?"),
    N_("No such option: {option} (Possible options: {meant})"),
    N_("No such option: {option}"),
    N_("Missing argument '{argument}'"),
    N_("Option '{option}' requires an argument"),
    N_("Got unexpected extra argument ({words})"),
    N_("Got unexpected extra argument(s) ({words})"),
    N_("Invalid value for '{option}': {reason}"),
    N_("'{value}' is not one of {choices}"),
    N_("'{value}' is not a valid {type}"),
)
"""What typer complains about, in English alone; as its code has it, so that `complaint` finds it again."""

NO_VALUE = N_("'{value}' is not {what}")
TYPES: Mapping[str, str] = {"int": N_("a whole number"), "float": N_("a number")}
"""What a value is that has one of these types of Python."""

EXAMPLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "run": (("procsim run mine.py --users 3", N_("your own scenario, with an option of its main()")),),
    "watch": (
        ("procsim watch script.py 10", N_("a script, with its argument")),
        ("procsim watch -m pytest tests", N_("a module or package")),
        ("procsim watch -- pylint -j 4 .", N_("an installed command")),
    ),
    "attach": (
        ("procsim attach 4711", N_("the program with this PID, with all its processes")),
        ("procsim attach work.py", N_("the program that has this word in its command line")),
        ("procsim attach 4711 --view live", N_("on the screen, again every second")),
    ),
    "replay": (
        ("procsim tickets --record t.jsonl", N_("records a run")),
        ("procsim replay t.jsonl", N_("shows it again")),
        ("procsim replay t.jsonl --speed 0.2", N_("five times as slow")),
    ),
    "list": (
        ("procsim list", N_("all chapters and lessons, in the order in which they are taught")),
        ("procsim list --lessons DIR", N_("those in a folder of your own, too")),
    ),
    "explain": (
        ("procsim explain M1", N_("one lesson")),
        ("procsim explain tickets", N_("all lessons of this chapter")),
        ("procsim explain tickets --notes notes.md", N_("the same, as notes to speak from")),
    ),
    "rehearse": (
        ("procsim rehearse", N_("everything, ten minutes before class")),
        ("procsim rehearse tickets", N_("the lessons of this chapter alone")),
        ("procsim rehearse --lessons DIR", N_("with the lessons in a folder of your own")),
    ),
    "guide": (
        ("procsim guide", N_("the pages")),
        ("procsim guide hangs", N_("why a program hangs, and what else procsim finds")),
        ("procsim guide hangs get", N_("the same, only what has to do with get")),
    ),
    "show": (
        ("procsim show tickets", N_("the source, to be read to the class")),
        ("procsim show tickets --copy mine.py", N_("a copy, to be changed and run")),
        ("procsim show tickets --chapter", N_("its chapter: what to tell and to ask the class")),
    ),
}
"""For the help of each command; those of the scenarios are the ways of their lessons."""


class LocalizedHelp:
    """Mixed into a command or a group: its help is in the chosen language, and has examples."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=_("Usage: "))

    def get_help(self, ctx: Any) -> str:
        """The whole help. It holds words of whoever wrote a scenario, which must command nothing."""
        return "\n".join(map(harmless, super().get_help(ctx).split("\n")))  # type: ignore[misc]

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = _("Show this message and exit.")
        return option

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        examples = _examples(ctx.info_name)
        if examples:
            with formatter.section(_("Examples")):
                formatter.write_dl(examples, col_max=48)


class Command(LocalizedHelp, typer.core.TyperCommand):
    """A command whose help is in the chosen language."""


def _examples(name: str) -> list[tuple[str, str]]:
    if name in EXAMPLES:
        return [(line, _(words)) for line, words in EXAMPLES[name]]
    from procsim.lessons import catalog

    path = catalog.scenarios().get(name)
    if path is None:
        return []
    from procsim.lessons.chapter import NoChapter

    shown: dict[str, dict[str, list[str]]] = {}
    words = (_("shows {ids}"), _("to compare with {ids}"))
    try:
        lessons = catalog.chapter(name, path).lessons
    except NoChapter:  # its scenario runs all the same, and has options; whoever reads the chapter is told
        lessons = ()
    for lesson in (each for each in lessons if each.id):
        for line, way in zip(lesson.ways, words, strict=False):  # some have one way alone
            shown.setdefault(f"procsim {line}", {}).setdefault(way, []).append(lesson.id)
    examples = [
        (line, "; ".join(way.format(ids=listed(ids)) for way, ids in ways.items())) for line, ways in shown.items()
    ]
    return [*examples, (f"procsim explain {name}", _("what they show, and what to ask the class"))] if shown else []


def localized(command: Any) -> Any:
    """The command with its help, and that of its options, in the chosen language."""
    command.help = _(command.help or "")
    for parameter in command.params:
        parameter.help = _(getattr(parameter, "help", None) or "")
    return command


def complaint(text: str) -> str:
    """What typer finds wrong with a command line, in the chosen language."""
    for template in COMPLAINTS:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.*?)", re.escape(template))
        found = re.fullmatch(pattern, text, re.DOTALL)
        if found:
            facts = found.groupdict()
            if facts.get("type") in TYPES:
                return _(NO_VALUE).format(value=facts["value"], what=_(TYPES[facts["type"]]))
            words = _(template).format_map(
                facts | ({"reason": complaint(facts["reason"])} if "reason" in facts else {})
            )
            choices = re.findall("'([^']*)'", facts.get("choices", ""))
            return did_you_mean(words, facts["value"], choices) if choices else words
    return text
