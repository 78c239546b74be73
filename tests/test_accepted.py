"""Findings that a program's author accepts."""

from pathlib import Path
from typing import Any

import pytest

from procsim.findings.accepted import Place, accepts, places_of
from procsim.findings.base import ENDED_EARLY, PROBABLE, Finding, as_fields
from procsim.recording.todays_words import KNOWN
from procsim.session.accepting import Accepting, judge_findings
from procsim.state.apply import state_of
from procsim.views.base import Verdict
from tests.events import Story


def finding(identity: str = "died", text: str = "{process} ended at {at}", **figures: Any) -> Finding:
    return Finding(identity, text, {"process": "p1", "pid": 1, **figures}, sentence=identity)


@pytest.mark.parametrize(
    ("code", "line", "accepted"),
    [
        ("work()  # procsim: ok died", 1, True),
        ("work()  #procsim:ok died", 1, True),
        ("work()  # noqa: F821  # procsim: ok died", 1, True),
        ("work()  # procsim: ok raised, died: it is only a log", 1, True),
        ("# procsim: ok died\nwork()", 2, True),
        ("    # procsim: ok died\n    work()", 2, True),
        ("other()  # procsim: ok died\nwork()", 2, False),
        ("# procsim: ok died\n\nwork()", 3, False),
        ("work()  # procsim: ok raised", 1, False),
        ("work()  # procsim: ok die", 1, False),
        ("work()  # procsim: ok", 1, False),
        ("work()  # procsim: died", 1, False),
        ("work()\n# procsim: ok died", 1, False),
        ("work()  # procsim: ok died", 0, False),
        ("work()  # procsim: ok died", 2, False),
        ("", 1, False),
    ],
)
def test_a_comment_on_the_line_or_alone_above_it_accepts_what_it_names(code: str, line: int, accepted: bool) -> None:
    assert accepts(code.split("\n"), line, "died") is accepted


def test_the_places_of_a_finding_are_those_that_its_sentence_names() -> None:
    found = finding(text="{process} {at} {first_read_at} {made} {error}", at="a.py:1", first_read_at="b/__init__.py:20")
    found = found._replace(figures={**found.figures, "made": None, "started_at": "a.py:7", "error": "c.py:3"})
    assert [*places_of(found)] == [Place("a.py", 1), Place("b/__init__.py", 20)]
    assert [*places_of(finding(at="?"))] == [*places_of(finding(at=None))] == []


def accepting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Accepting:
    monkeypatch.chdir(folder)
    return Accepting(["python", str(folder / "main.py")])


def test_the_file_is_sought_where_the_program_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("main.py", "package/__init__.py", "package/deep/work.py", "other/__init__.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"\nwork()  # procsim: ok {'raised' if 'other' in name else 'died'}\n")
    sought = accepting(tmp_path, monkeypatch)
    for at in ("main.py:2", "package/__init__.py:2", "work.py:2"):
        assert sought(finding(at=at))
    for at in ("main.py:1", "other/__init__.py:2", "there_is_none.py:2", "<string>:2"):
        assert not sought(finding(at=at))


def test_what_cannot_be_read_accepts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.py").write_bytes(b"\xff\xfe\0 # procsim: ok died\n")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    (tmp_path / "folder.py").mkdir()
    sought = accepting(tmp_path, monkeypatch)
    assert sought(finding(at="main.py:1")), "bytes that are no text hide no comment"
    assert not sought(finding(at="gone.py:1"))
    assert not sought(finding(at="folder.py:1"))


def test_what_was_shown_while_the_program_ran_is_not_accepted_afterwards() -> None:
    shown, early, late = finding("lock_twice"), finding("holder_dead"), finding("died")
    story = Story().began(1).tell(1, "finding", **as_fields(shown))
    story.tell(1, "finding", **as_fields(early), accepted=True)
    run, verdict = state_of(story.events), Verdict("x")
    assert [event.fields["id"] for event in run.found] == ["lock_twice"]
    judge_findings(verdict, [shown, early, late], run, lambda found: found.id != "holder_dead")
    assert (verdict.findings, verdict.accepted) == ([shown], [early, late])


def test_the_ids_that_have_a_meaning_are_those_of_findings() -> None:
    known = KNOWN.read_text(encoding="utf-8")
    for identity in PROBABLE | ENDED_EARLY:
        assert f'"{identity}' in known
