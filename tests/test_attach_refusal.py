"""One line says why a process may not be looked at, and what to do."""

import os
from pathlib import Path

import pytest

from procsim.attach import refusal
from procsim.attach.namespace import number_inside
from procsim.attach.refusal import Refused, refusal_words, refused

US, ROOT, OTHER = 1_000_001, 0, 1_000_002
"""Numbers of users, of which two have no name."""


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (Refused(7, OTHER, US, 0), "belongs to 1000002, and 1000001 may not look at it: sudo procsim attach 7"),
        (Refused(7, ROOT, US, 1), "belongs to root"),
        (Refused(7, US, US, 1), "ptrace_scope is 1, which allows it to root alone: sudo procsim attach 7"),
        (Refused(7, US, US, 2), "ptrace_scope is 2, which allows it to root alone"),
        (Refused(7, US, US, 3), "ptrace_scope is 3, and nobody may until the next boot"),
        (Refused(7, ROOT, ROOT, 3), "ptrace_scope is 3, and nobody may"),
        (Refused(7, US, US, 0), "it has changed its user or its rights: sudo procsim attach 7"),
        (Refused(7, OTHER, ROOT, 0), "root lacks CAP_SYS_PTRACE"),
    ],
)
def test_which_right_is_missing(known: Refused, words: str) -> None:
    assert words in refusal_words(known)
    assert "\n" not in refusal_words(known)


def test_what_is_known_of_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal, "PTRACE_SCOPE", tmp_path / "none")
    assert refused(os.getpid()) == Refused(os.getpid(), os.geteuid(), os.geteuid(), 0)
    (tmp_path / "scope").write_text("1\n")
    monkeypatch.setattr(refusal, "PTRACE_SCOPE", tmp_path / "scope")
    assert refused(os.getpid()).scope == 1
    assert refused(2**22 + 1).owner == os.geteuid(), "it has ended meanwhile"


def test_this_process_is_in_no_namespace_but_ours() -> None:
    assert number_inside(os.getpid()) is None
    assert number_inside(2**22 + 1) is None
