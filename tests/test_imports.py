"""The import directions of the house: what each part of procsim may know of the others."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TRACER = sorted((ROOT / "procsim" / "tracer").rglob("*.py"))
SCENARIOS = sorted((ROOT / "scenarios").glob("*.py"))

MAY_IMPORT: dict[str, set[str]] = {
    "events": set(),
    "channel": set(),
    "buffers": {"procsim.channel"},
    "buffer_reader": {"procsim.buffers", "procsim.channel"},
    "sequencer": set(),
    "files": {"procsim.events"},
    "state": {"procsim.events", "procsim.files"},
    "lanes": {"procsim.state"},
    "sentences": set(),
    "findings": {
        *("procsim.state", "procsim.files", "procsim.events", "procsim.sentences"),
        *("procsim", "procsim.findings"),
    },
}


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
            yield node.module or ""


def is_standard(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("path", TRACER, ids=lambda path: path.stem)
def test_the_tracer_rides_in_any_interpreter(path: Path) -> None:
    for module in imported(path):
        allowed = module in ("procsim", "procsim.buffers", "procsim.channel", "procsim.events", "sitecustomize")
        assert is_standard(module) or allowed or module.startswith("procsim.tracer"), module


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_they_import_one_way(name: str) -> None:
    package = ROOT / "procsim" / name
    for path in sorted(package.glob("*.py")) or [package.with_suffix(".py")]:
        for module in imported(path):
            known = module if module in MAY_IMPORT[name] else ".".join(module.split(".")[:2])
            assert is_standard(module) or known in MAY_IMPORT[name], module


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_needs_procsim_itself_alone(path: Path) -> None:
    for module in imported(path, type_checking=False):
        assert is_standard(module) or module == "procsim", module
    for module in imported(path):
        assert is_standard(module) or module in ("procsim", "procsim.state"), module


def test_no_scenario_hides_a_module_of_the_standard_library() -> None:
    assert not {path.stem for path in SCENARIOS} & sys.stdlib_module_names
