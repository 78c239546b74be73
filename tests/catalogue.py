"""The catalogues of translations: `python -m tests.catalogue` brings them up to date with the code.

It extracts the messages from procsim and the scenarios, adds the new ones to each .po file, drops those that are gone,
and compiles the .mo files, which are kept in the repository so that an installation needs no tool. What is untranslated
afterwards it lists; the tests fail until it is translated.
"""

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
CATALOGUES = sorted((ROOT / "procsim" / "locale").glob("*/LC_MESSAGES/procsim.po"))

SHOWN = {
    "_": (0,),
    "N_": (0,),
    "translate": (0,),
    "say": (0,),
    "narrated": (0,),
    "Way": (0,),
    "Claim": (2,),
    "Finding": (1, 3),
    "_about": (2, 3),
}
"""The calls that have arguments which are shown to people, and which ones these are."""

HELPED = {"Option", "Argument", "Typer"}
"""The calls whose `help` is shown to people."""


def messages() -> Iterator[str]:
    """Every message of the code, once."""
    seen = {""}
    for file in sorted((*(ROOT / "procsim").rglob("*.py"), *(ROOT / "scenarios").glob("*.py"))):
        tree = ast.parse(file.read_bytes())
        for text in (*_titles(tree, file), *(text for node in ast.walk(tree) for text in _texts(node))):
            if text not in seen:
                seen.add(text)
                yield text


def _texts(node: ast.AST) -> Iterator[str]:
    """What this node of the code shows to people: by a call, as the help of an option or of a command."""
    if isinstance(node, ast.Call):
        name = _name(node.func)
        shown = [node.args[place] for place in SHOWN.get(name, ()) if place < len(node.args)]
        if name in HELPED:
            shown += [keyword.value for keyword in node.keywords if keyword.arg == "help"]
    elif isinstance(node, ast.Subscript) and _name(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
        shown = node.slice.elts[1:]
    elif isinstance(node, ast.FunctionDef) and any(
        isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "app.command"
        for decorator in node.decorator_list
    ):
        yield ast.get_docstring(node) or ""
        return
    else:
        return
    yield from (text.value for text in shown if isinstance(text, ast.Constant) and isinstance(text.value, str))


def _name(node: ast.expr) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "")))


def _titles(tree: ast.Module, file: Path) -> Iterator[str]:
    """Of a scenario, the first line of its docstring."""
    if file.parent.name == "scenarios":
        yield (ast.get_docstring(tree) or "").partition("\n")[0]


def read(path: Path) -> Catalog:
    """A catalogue as it is on disk."""
    with path.open("rb") as file:
        return read_po(file)


def compiled(catalogue: Catalog) -> bytes:
    """A catalogue as gettext reads it."""
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def update(path: Path) -> list[str]:
    """Bring one catalogue up to date; returns what is untranslated."""
    old = read(path)
    new = Catalog(
        locale=old.locale,
        project="procsim",
        charset="utf-8",
        fuzzy=False,
        header_comment=old.header_comment,
        creation_date=old.creation_date,  # or every update would change the file
        revision_date=old.revision_date,
    )
    for message in messages():
        before = old.get(message)
        new.add(message, before.string if before else "")
    with path.open("wb") as file:
        write_po(file, new, width=120, omit_header=False)
    path.with_suffix(".mo").write_bytes(compiled(read(path)))
    return [str(message.id) for message in new if message.id and not message.string]


if __name__ == "__main__":
    for path in CATALOGUES:
        for untranslated in update(path):
            print(f"{path.parts[-3]}: {untranslated}")
