"""The guide: its pages are linked from the README, shown by `procsim guide`, and name commands that there are."""

import ast
import re
from pathlib import Path

import pytest

from procsim import findings, language
from procsim.lessons import guide
from procsim.lessons.catalog import BUILT_IN
from procsim.lessons.guide import FOLDER, TOPICS, page, title
from tests.integration.conftest import House, Start

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

PAGES = {"README": README, **{topic: (FOLDER / f"{topic}.md").read_text(encoding="utf-8") for topic in TOPICS}}

COMMANDS = {
    "explore",
    *BUILT_IN,
    "till",
    "run",
    "watch",
    "attach",
    "replay",
    "list",
    "explain",
    "show",
    "guide",
    "rehearse",
}


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


def test_the_beginning_of_a_name_is_enough_where_it_is_that_of_one_page(house: House) -> None:
    assert house.run("guide", "hang").stdout == house.run("guide", "hangs").stdout != ""
    assert "no such page of the guide" in house.run("guide", "s").stderr, "steps, scenario, support"


def test_a_page_is_searched_by_symptom(house: House) -> None:
    rows = house.run("guide", "hang", "JOIN", "terminate", "restore").stdout.splitlines()
    assert rows[0] == "# Why does it hang, and was it right?" and rows[2].startswith("| what you see")
    assert [re.findall(r"`(\w+)` [|]", row) for row in rows[4:]] == [["terminated_in_vain"]]
    chinese = house.run("guide", "hang", "退出码", "--lang", "zh").stdout
    assert "`errors_unseen`" in chinese and "## 结束了" in chinese and "`lock_cycle`" not in chinese
    done = house.run("guide", "hang", "join", "xyzzy")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "procsim: no row of a table in hangs has all of these words: join, xyzzy\n"


def ids_of_findings() -> set[str]:
    """Those that the code of `procsim/findings` makes, as it stands there."""
    found = set()
    for path in Path(findings.__file__).parent.glob("*.py"):
        calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
        for call in calls:
            name = getattr(call.func, "id", "")
            if name == "Finding" and path.name != "base.py":  # which makes those of an event anew
                assert isinstance(call.args[0], ast.Constant), f"{path.name}:{call.lineno}"
                found.add(str(call.args[0].value))
    return {id for id in found if not id.startswith("ended.")}  # which is a clause of others


@pytest.mark.parametrize("folder", ["", "zh_CN"])
def test_the_tables_name_all_findings_and_no_others(folder: str) -> None:
    text = (FOLDER / folder / "hangs.md").read_text(encoding="utf-8")
    reasons = [row.split(" | ")[1] for row in re.findall(r"^[|] .* [|]$", text, re.MULTILINE)]
    named = {
        id for reason in reasons for id in re.findall(r"`([a-z]+(?:_[a-z]+)*)`", re.split("[:\uff1a]", reason)[-1])
    }
    assert named == ids_of_findings()


def code_of(page: str, language: str) -> list[str]:
    """The blocks of code in that language, from the first to the last."""
    return [part.partition("```")[0] for part in page.split(f"```{language}\n")[1:]]


@pytest.mark.parametrize("folder", ["", "zh_CN"])
def test_the_scenario_and_the_chapter_that_the_guide_shows(house: House, start: Start, folder: str) -> None:
    page = (FOLDER / folder / "scenario.md").read_text(encoding="utf-8")
    scenario, headline, _needs, claims, always = code_of(page, "python")
    scenario, newline, last = scenario.partition("if __name__")
    (house.folder / "till.py").write_text(f"{scenario}{headline}{claims}{always}{newline}{last}", encoding="utf-8")
    (house.folder / "till.toml").write_text("".join(code_of(page, "toml")), encoding="utf-8")
    house.environment["PROCSIM_LESSONS"] = str(house.folder)
    lines, done = house.events("till", "--cashiers", 2)
    assert done.returncode == 0
    assert [(claim["id"], claim["holds"]) for claim in lines[-1]["claims"]] == [("T1", True)]
    terminal = start("till", "--cashiers", 2, "--ask")
    terminal.wait_for("1-2 predict")
    assert not terminal.row("holds lock")
    terminal.press("1")
    assert terminal.wait_for_end() == 0
    assert "That is what happened." in " ".join(" ".join(terminal.rows()).split())
