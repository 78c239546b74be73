"""The catalogues of translations: `python -m tests.catalogue` brings them up to date with the code.

It extracts the messages from procsim and the scenarios, adds the new ones to each .po file, drops those that are gone,
and compiles the .mo files, which are kept in the repository so that an installation needs no tool. What is untranslated
afterwards it lists; the tests fail until it is translated.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
CATALOGUES = sorted((ROOT / "procsim" / "locale").glob("*/LC_MESSAGES/procsim.po"))

KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "say": (1,),
    "narrated": (1,),
    "Claim": (3,),
    "Finding": (2,),
}
"""The calls whose argument is shown to people, and which argument it is."""


def messages() -> Iterator[str]:
    """Every message of the code, in its order."""
    seen = set()
    for folder in ("procsim", "scenarios"):
        found = extract_from_dir(str(ROOT / folder), [("**.py", "python")], keywords=KEYWORDS)
        for _, _, message, _, _ in found:
            if isinstance(message, str) and message not in seen:
                seen.add(message)
                yield message


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
    new = Catalog(locale=old.locale, project="procsim", charset="utf-8", fuzzy=False, header_comment=old.header_comment)
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
