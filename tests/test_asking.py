"""Which lesson's question is asked in a run: by the options of the run and the command of the lesson."""

from pathlib import Path

import pytest

from procsim.command.asking import prediction_for
from procsim.errors import WrongUse
from procsim.lessons import catalog
from procsim.lessons.scenario import Scenario

TILL = '''
"""Two cashiers, one till."""

from procsim import start


def main(lock: bool = True, cashiers: int = 2, pause: float = 1.0):
    pass


if __name__ == "__main__":
    start(main)
'''

LESSON = """
[[lesson]]
id = "{id}"
statement = "…"
shows = "procsim till {options}"
about = "…"
look = "…"

[[lesson.predict]]
before = "lock_acquired"
ask = "What will {id} show?"
answers = ["this", "that"]
answer = 1
"""

DEFAULTS = {"lock": True, "cashiers": 2, "pause": 1.0}


def till(folder: Path, monkeypatch: pytest.MonkeyPatch, **lessons: str) -> Scenario:
    """The scenario, with lessons whose commands have these options."""
    (folder / "till.py").write_text(TILL)
    chapter = "".join(LESSON.format(id=id, options=options) for id, options in lessons.items())
    (folder / "till.toml").write_text(chapter)
    monkeypatch.setattr(catalog, "_folders", {folder: None})
    return catalog.scenario("till")


def test_it_is_that_of_the_lesson_with_the_same_options_but_for_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = till(tmp_path, monkeypatch, T1="--lock", T2="--no-lock --pause 3")
    assert prediction_for(scenario, DEFAULTS).lesson == "T1"
    assert prediction_for(scenario, DEFAULTS | {"lock": False}).lesson == "T2"
    with pytest.raises(WrongUse, match=r"question about these options; try: procsim till --lock --ask$"):
        prediction_for(scenario, DEFAULTS | {"cashiers": 3})


def test_an_option_of_every_run_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = till(tmp_path, monkeypatch, T1="--no-lock --seed 3 --view=plain --no-hold", T2="--pace 2/s")
    assert prediction_for(scenario, DEFAULTS | {"lock": False}).lesson == "T1"
    assert prediction_for(scenario, DEFAULTS).lesson == "T2"


def test_a_lesson_with_a_wrong_command_does_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = till(tmp_path, monkeypatch, T1="--lok", T2="--no-lock")
    assert prediction_for(scenario, DEFAULTS | {"lock": False}).lesson == "T2"
    with pytest.raises(WrongUse, match="T1: procsim till --lok: --lok: no such option"):
        prediction_for(scenario, DEFAULTS)
