"""While procsim is still being imported, a line says for what the terminal was taken, and keys are not echoed."""

import pytest

from procsim import language
from procsim.command.announced import announcement


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("watch work.py 10", "procsim starts work.py …"),
        ("watch -m package", "procsim starts package …"),
        ("watch -- /usr/bin/pylint -j 4", "procsim starts pylint …"),
        ("attach 4711 --view live", "procsim looks at 4711 …"),
        ("attach --view=live work.py", "procsim looks at work.py …"),
        ("watch --view plain work.py", ""),
        ("watch --help", ""),
        ("watch", ""),
        ("attach 4711", ""),
        ("attach --view live", ""),
        ("tickets", ""),
        ("", ""),
    ],
)
def test_it_is_announced_only_where_a_picture_is_sure_to_come(words: str, line: str) -> None:
    language.choose("en")
    assert announcement(words.split()) == line
