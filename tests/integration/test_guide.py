"""The guide: its pages are linked from the README, shown by `procsim guide`, and name commands that there are."""

import re
from pathlib import Path

import pytest

from procsim import language
from procsim.lessons import guide
from procsim.lessons.catalog import BUILT_IN
from procsim.lessons.guide import FOLDER, TOPICS, page, title
from tests.integration.conftest import House

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

PAGES = {"README": README, **{topic: (FOLDER / f"{topic}.md").read_text(encoding="utf-8") for topic in TOPICS}}

COMMANDS = {*BUILT_IN, "till", "run", "watch", "replay", "list", "explain", "show", "guide", "rehearse"}


def test_the_readme_is_short_and_links_to_each_page() -> None:
    assert len(README.splitlines()) <= 150
    assert re.findall(r"\(procsim/guide/(\w+)\.md\)", README) == [*TOPICS]
    assert {path.stem for path in FOLDER.glob("*.md")} == {*TOPICS}


@pytest.mark.parametrize(
    "text", [README, *((FOLDER / f"{topic}.md").read_text() for topic in TOPICS)], ids=["README", *TOPICS]
)
def test_it_names_commands_that_there_are(text: str) -> None:
    named = re.findall(r"(?:`|^\$ )procsim ([a-z]+)(?=[ `\n])", text, re.MULTILINE)
    assert {*named} <= COMMANDS


def test_a_page_is_shown_as_it_stands_where_there_is_no_terminal(house: House) -> None:
    listed = house.run("guide").stdout.splitlines()
    assert [line.split(maxsplit=3)[2:] for line in listed] == [[topic, title(topic)] for topic in TOPICS]
    for topic in TOPICS:
        assert house.run("guide", topic).stdout == (FOLDER / f"{topic}.md").read_text(encoding="utf-8")


def test_a_page_in_chinese(house: House) -> None:
    chinese = (FOLDER / "zh_CN" / "hangs.md").read_text(encoding="utf-8")
    assert house.run("guide", "hangs", "--lang", "zh_CN").stdout == chinese
    house.environment["LC_ALL"] = "zh_CN.UTF-8"
    first = chinese.partition("\n")[0].removeprefix("# ")
    assert f"procsim guide hangs      {first}\n" in house.run("guide").stdout


def test_a_page_that_is_not_translated_is_shown_in_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zh_CN").mkdir()
    (tmp_path / "steps.md").write_text("# Steps\n", encoding="utf-8")
    monkeypatch.setattr(guide, "FOLDER", tmp_path)
    language.choose("zh")
    assert (title("steps"), str(page("steps"))) == ("Steps", "# Steps")
    (tmp_path / "zh_CN" / "steps.md").write_text("# 单步\n", encoding="utf-8")
    assert title("steps") == "单步"


def test_a_page_that_there_is_not(house: House) -> None:
    done = house.run("guide", "nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no such page of the guide; there are lessons, steps, hangs" in done.stderr
