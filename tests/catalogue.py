"""The catalogues of translations: `python -m tests.catalogue` brings them up to date with the code.

It extracts the messages from procsim, the scenarios and their chapters, adds the new ones to each .po file, drops those
that are gone, and compiles the .mo files, which are kept in the repository so that an installation needs no tool. What
is untranslated afterwards it lists; the tests fail until it is translated.

It also writes sentences.json: the sentences of findings, cures and claims by their ids, which a replay looks up.
"""

import ast
import io
import json
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from procsim.lessons import catalog
from procsim.lessons.chapter import Chapter
from procsim.recording.todays_words import KNOWN

ROOT = Path(__file__).parents[1]
CATALOGUES = sorted((ROOT / "procsim" / "locale").glob("*/LC_MESSAGES/procsim.po"))

SHOWN = {
    "_": (0,),
    "N_": (0,),
    "translate": (0,),
    "say": (0,),
    "Way": (0,),
    "Claim": (2,),
    "Headline": (0,),
    "Operation": (0,),
    "Moment": (1,),
    "Finding": (1, 3),
}
"""The calls that have arguments which are shown to people, and which ones these are."""

SHOWN_BY_NAME = {"Option": "help", "Argument": "help", "Typer": "help", "Claim": "broken"}
"""The calls that have an argument with a name which is shown, too, and which one this is."""


def messages() -> Iterator[str]:
    """Every message of the code and of the chapters, once."""
    texts: list[str] = []
    for file in sorted((*(ROOT / "procsim").rglob("*.py"), *(ROOT / "scenarios").glob("*.py"))):
        tree = ast.parse(file.read_bytes())
        named = _named(tree)
        texts += (*_titles(tree, file), *(text for node in ast.walk(tree) for text in _texts(node, named)))
    texts += (text for chapter in catalog.chapters() for text in _taught(chapter))
    yield from dict.fromkeys(filter(None, texts))


def _taught(chapter: Chapter) -> Iterator[str]:
    """The texts of a chapter's file."""
    for lesson in chapter.lessons:
        yield from (lesson.statement, lesson.about, lesson.look)
        for question in lesson.questions:
            yield from question
        if asked := lesson.prediction:
            yield from (asked.ask, *(answer for answer in asked.answers if any(map(str.isalpha, answer))))


def _named(tree: ast.Module) -> dict[str, ast.expr]:
    """The constants of a module, by name: a text that is shown may be one of them."""
    return {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _texts(node: ast.AST, named: dict[str, ast.expr]) -> Iterator[str]:
    """What this node of the code shows to people: by a call, as the help of an option or of a command."""
    if isinstance(node, ast.Call):
        name = _name(node.func)
        shown = [node.args[place] for place in SHOWN.get(name, ()) if place < len(node.args)]
        shown = [named.get(text.id, text) if isinstance(text, ast.Name) else text for text in shown]
        shown += [keyword.value for keyword in node.keywords if keyword.arg == SHOWN_BY_NAME.get(name)]
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


SENTENCES = {"Claim": (0, 2, -1, 4), "Finding": (0, 1, 3, 4)}
"""The calls that make a finding or a claim: which arguments are its id, its text, its cure, and its sentence's id."""


def sentences() -> Iterator[tuple[str, str]]:
    """Every sentence of a finding, a cure or a claim of a lesson, with its id."""
    scenarios = {file: name for name, file in catalog.BUILT_IN.items()}
    for file in sorted((*(ROOT / "procsim").rglob("*.py"), *(ROOT / "scenarios").glob("*.py"))):
        prefix = f"{scenarios[file.name]}/" if file.parent.name == "scenarios" else ""
        tree = ast.parse(file.read_bytes())
        named = _named(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in SENTENCES:
                yield from ((prefix + identity, text) for identity, text in _sentences(node, named))


def _sentences(call: ast.Call, named_texts: dict[str, ast.expr]) -> Iterator[tuple[str, str]]:
    values = [named_texts.get(each.id, each) if isinstance(each, ast.Name) else each for each in call.args]
    arguments = {place: _constant(value) for place, value in enumerate(values)}
    identity, text, cure, sentence = (arguments.get(place, "") for place in SENTENCES[_name(call.func)])
    named = {keyword.arg: _constant(keyword.value) for keyword in call.keywords}
    identity = named.get("sentence") or sentence or identity
    if text:
        yield identity, text
    if cure:
        yield f"{identity}.cure", cure


def _constant(node: ast.expr) -> str:
    """The text that stands there; empty: none does."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def known() -> str:
    """The text of sentences.json. Raises `ValueError` where a sentence has no id, or two have the same."""
    table: dict[str, str] = {}
    for identity, text in sentences():
        if not identity or table.setdefault(identity, text) != text:
            raise ValueError(f"give this sentence an id of its own, sentence=...: {identity!r}: {text!r}")
    return json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


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
    KNOWN.write_text(known(), encoding="utf-8")
    for path in CATALOGUES:
        for untranslated in update(path):
            print(f"{path.parts[-3]}: {untranslated}")
