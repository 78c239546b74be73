"""The borders of the house: which room may know of which, held for every module.

command ──► rehearsal ──► lessons ──► views, control
command ──► session ──► views, attach, diagnosis, recording
command ──► explore ──► diagnosis
attach ──► diagnosis
diagnosis ──► running, findings
views ──► explore: what is pure of it
running ──► control, intake
views, recording ──► findings ──► state
control ──► state
state, intake, tracer ──► wire
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "procsim"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "scenarios" not in path.parts)
SCENARIOS = sorted((ROOT / "scenarios").glob("*.py"))

PURE = {"sentences", "exit_code"}
"""What every room but the tracer and the wire may use: it knows nothing of a run."""

COMMON = PURE | {"language", "harmless", "json_line", "errors", "output", "options", "nearest", "procsim"}
"""What every room above the state may use."""

BELOW_VIEWS = {"findings", "state", "wire"}

BELOW_SESSION = {"views", "attach", "diagnosis", "running", "recording", "control", "intake", *BELOW_VIEWS}

MAY_KNOW: dict[str, set[str]] = {
    "wire": set(),
    "tracer": {"wire", "procsim"},
    "intake": {"wire"},
    "state": {"wire"},
    "findings": {"state", "wire"} | PURE | {"language"},
    "control": {"state", "wire"} | COMMON,
    "running": {"control", "intake", "state", "wire"} | COMMON,
    "recording": BELOW_VIEWS | COMMON,
    "diagnosis": {"running", "control", "intake", *BELOW_VIEWS} | COMMON,
    "attach": {"diagnosis", "running", *BELOW_VIEWS} | COMMON,
    "views": {"explore"} | BELOW_VIEWS | COMMON,
    "explore": {"diagnosis", "control", "running", "intake", *BELOW_VIEWS} | COMMON,
    "session": BELOW_SESSION | COMMON,
    "lessons": {"views", "control", *BELOW_VIEWS} | COMMON,
    "rehearsal": {"lessons", "views", "control", *BELOW_VIEWS} | COMMON,
    "command": {"explore", "rehearsal", "lessons", "session", *BELOW_SESSION} | COMMON,
    "procsim": {"wire", "tracer", "options", "language", "sentences"},
    "__main__": {"command", "language", "output", "exit_code"},
    "language": set(),
    "options": {"language", "errors"},
    "nearest": {"language"},
    "sentences": set(),
    "harmless": set(),
    "json_line": {"harmless"},
    "exit_code": set(),
    "errors": {"exit_code"},
    "legible": set(),
    "output": {"errors", "exit_code", "harmless", "language", "legible"},
}
"""Of each room, or module that stands by itself, which others it may import. Itself it may."""

EXCEPTIONS: set[tuple[str, str]] = set()
"""(module, what it imports): borders that are still broken. It only shrinks."""


def imported(path: Path, type_checking: bool = True) -> Iterator[str]:
    """The modules that a file imports; those for type checkers only if wanted."""
    tree = ast.parse(path.read_text())
    hidden = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not type_checking
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from _modules_of(node)


def _modules_of(node: ast.ImportFrom) -> Iterator[str]:
    """`from procsim.views.text import words` imports a module; `from procsim.views import VIEWS` the room itself."""
    folder = ROOT / (node.module or "").replace(".", "/")
    for alias in node.names:
        is_module = (folder / f"{alias.name}.py").exists() or (folder / alias.name).is_dir()
        yield f"{node.module}.{alias.name}" if is_module else node.module or ""


def room_of(module: str) -> str:
    """The room that a module of ours stands in, or the module itself, where it stands in none."""
    return module.split(".")[1] if "." in module else "procsim"


def name_of(path: Path) -> str:
    words = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def is_standard(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names


def broken(path: Path) -> set[tuple[str, str]]:
    """The borders that a module breaks."""
    name = name_of(path)
    room = room_of(name)
    ours = {module for module in imported(path) if module.split(".")[0] == "procsim"}
    return {(name, module) for module in ours if room_of(module) not in MAY_KNOW.get(room, set()) | {room}}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_knows_of_those_below_it_alone(path: Path) -> None:
    assert broken(path) - EXCEPTIONS == set()


def test_the_list_of_exceptions_only_shrinks() -> None:
    assert {border for path in MODULES for border in broken(path)} >= EXCEPTIONS


PURE_EXPLORING = (
    "schedule",
    "fairness",
    "plans",
    "order",
    "tree",
    "optimal",
    "bounded",
    "sampling",
    "counting",
    "shrink",
    "deciding",
    "outcomes",
    "explorer",
)
"""The files of `explore` that know no process: the search, and what is made of what it finds."""


@pytest.mark.parametrize("file", PURE_EXPLORING)
def test_the_search_needs_the_standard_library_alone(file: str) -> None:
    for module in imported(PACKAGE / "explore" / f"{file}.py"):
        ours = module.startswith("procsim.explore.") and module.split(".")[2] in PURE_EXPLORING
        assert is_standard(module) or ours, module


def test_views_know_of_the_search_what_is_pure() -> None:
    for path in sorted((PACKAGE / "views").rglob("*.py")):
        for module in imported(path):
            assert not module.startswith("procsim.explore.") or module.split(".")[2] in PURE_EXPLORING, (path, module)


@pytest.mark.parametrize("room", ["wire", "tracer"])
def test_what_rides_in_a_program_needs_the_standard_library_alone(room: str) -> None:
    for path in sorted((PACKAGE / room).rglob("*.py")):
        for module in imported(path):
            assert is_standard(module) or module.split(".")[0] in ("procsim", "sitecustomize"), (path, module)


def test_lines_of_text_need_no_screen() -> None:
    for path in sorted((PACKAGE / "views" / "text").glob("*.py")):
        assert not [module for module in imported(path) if module.startswith(("procsim.views.live", "prompt_toolkit"))]


FOR_TYPE_CHECKERS = {"procsim", "procsim.state.run_state", "procsim.state.objects", "procsim.state.processes"}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_needs_procsim_itself_alone(path: Path) -> None:
    for module in imported(path, type_checking=False):
        assert is_standard(module) or module == "procsim", module
    for module in imported(path):
        assert is_standard(module) or module in FOR_TYPE_CHECKERS, module


def test_no_scenario_hides_a_module_of_the_standard_library() -> None:
    assert not {path.stem for path in SCENARIOS} & sys.stdlib_module_names


HELP = "import sys; sys.argv[1:] = ['--help']\nfrom procsim.command.cli import run; run()"


@pytest.mark.parametrize(
    ("program", "rooms"),
    [
        (HELP, ("procsim.lessons.chapter", "procsim.state", "procsim.session", "rich.console")),
        (
            "import procsim.command.watching",
            (
                "typer",
                "procsim.lessons",
                "procsim.state",
                "procsim.findings",
                "procsim.diagnosis",
                "procsim.views.base",
            ),
        ),
    ],
    ids=["the help", "the start of a run"],
)
def test_what_people_wait_for_imports_nothing_that_only_others_need(program: str, rooms: tuple[str, ...]) -> None:
    program += "\nimport sys; print('imported:', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not set(done.stdout.rpartition("imported:")[2].split()) & set(rooms)
