"""Which scenarios there are, and their chapters: those that come with procsim, and those in folders of one's own.

In such a folder `till.py` is the scenario of the command `till`, and `till.toml`, if there is one, its chapter. A
`tickets.toml` there replaces the chapter of procsim's own scenario. A file is read only when it is needed: a fault in
it does not keep another scenario from running.
"""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from procsim.language import _
from procsim.lessons.scenario import NoScenario, Scenario, docstring_of, load

if TYPE_CHECKING:  # it imports a parser, which most commands do not need
    from procsim.lessons.chapter import Chapter, Lesson

BUILT_IN = {
    "daemon": "daemon.py",
    "tickets": "tickets.py",
    "deadlock": "deadlock.py",
    "queue": "message_queue.py",  # run directly, a file queue.py would shadow the standard library's
    "ipc": "ipc.py",
    "prodcons": "prodcons.py",
}
"""The scenarios that come with procsim: their commands, in the order in which they are taught."""

_folders: dict[Path, None] = {}
_commands: set[str] = set()


def look_in(folders: Iterable[Path], commands: Collection[str] = ()) -> None:
    """From now on, find scenarios in these folders, too. `commands`: names that no scenario may have."""
    _folders.update(dict.fromkeys(folders))
    _commands.update(commands)


def folders() -> list[Path]:
    """The folders in which scenarios are looked for besides procsim's own."""
    return [*_folders]


def scenarios() -> dict[str, Path]:
    """The file of each scenario, by its command. Raises `NoScenario`: there is no such folder, or a name is taken."""
    found = {name: folder() / file for name, file in BUILT_IN.items()}
    for own in {path.resolve(): path for path in _folders}.values():
        for path in _python_files(own):
            if path.stem in BUILT_IN or path.stem in _commands:
                words = _("{path}: procsim has a command {name} already; rename the file")
                raise NoScenario(words.format(path=path, name=path.stem))
            if path.stem in found:
                words = _("{path}: has the same name as {other}; rename one of them")
                raise NoScenario(words.format(path=path, other=found[path.stem]))
            found[path.stem] = path
    return found


def _python_files(own: Path) -> list[Path]:
    """The scenarios in a folder: its Python files, but for those whose names begin with `_` or a dot."""
    try:
        return sorted(path for path in own.iterdir() if path.suffix == ".py" and path.name[0] not in "_.")
    except OSError as error:
        words = _("{path}: {reason}; --lessons and PROCSIM_LESSONS name folders with scenarios")
        raise NoScenario(words.format(path=own, reason=error.strerror)) from error


def folder() -> Path:
    """Where the scenarios of procsim are: inside the package once it is built, beside it in a source checkout."""
    package = Path(__file__).resolve().parents[1]
    built = package / "scenarios"
    return built if built.is_dir() else package.parent / "scenarios"


def titles() -> dict[str, str]:
    """The title of each scenario, by its command."""
    return {name: docstring_of(path).partition("\n")[0] for name, path in scenarios().items()}


def scenario(name: str) -> Scenario:
    """The scenario of that command. Raises `NoScenario`."""
    return load(scenarios()[name], name)


def chapters() -> "list[Chapter]":
    """The chapter of each scenario. Raises `NoScenario` or `NoChapter`."""
    return [chapter(name, path) for name, path in scenarios().items()]


def chapter(name: str, scenario: Path) -> "Chapter":
    """The chapter of a scenario: what its file says, or else one lesson made of the scenario's docstring."""
    from procsim.lessons.chapter import Chapter, Lesson, read

    title, _newline, about = docstring_of(scenario).partition("\n")
    file = chapter_file(name)
    if file is not None:
        return read(file, name, title)
    return Chapter(name, title, (Lesson("", title, name, "", " ".join(about.split()), "", ()),))


def chapter_file(name: str) -> Path | None:
    """The file of a scenario's chapter: the first one in a folder of one's own, or else that of procsim."""
    files = (path / f"{name}.toml" for path in (*_folders, Path(__file__).parent / "chapters"))
    return next((file for file in files if file.exists()), None)


def about(word: str) -> "list[Chapter]":
    """The lesson of that id, in its chapter, or the chapter of that scenario; none where there is neither."""
    return [
        chapter._replace(lessons=lessons)
        for chapter in chapters()
        if (lessons := tuple(lesson for lesson in chapter.lessons if _is_about(word, lesson, chapter)))
    ]


def _is_about(word: str, lesson: "Lesson", chapter: "Chapter") -> bool:
    return word.casefold() in (lesson.id.casefold(), chapter.name.casefold())
