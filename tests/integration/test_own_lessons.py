"""Scenarios and chapters in a folder of one's own: `--lessons DIR` and PROCSIM_LESSONS, as a teacher uses them."""

import os
from pathlib import Path

import pytest

from tests.integration.conftest import House, Start
from tests.integration.terminal import ASKS

TILL = '''"""Two cashiers, one till."""

from multiprocessing import Lock, Process

from procsim import say, start


def sell(till):
    if till is None:
        say("sells at once")
        return
    with till:
        say("sells at the till")


OTHER_WAY = {"lock": False}


def main(lock: bool = True):
    till = Lock() if lock else None
    people = [Process(target=sell, args=(till,)) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()


if __name__ == "__main__":
    start(main)
'''

CHAPTER = """
[[lesson]]
id = "T1"
statement = "两个收银员共用一个收银机"
shows = "procsim till --lock"
compare_with = "procsim till --no-lock"
about = "一个收银员用收银机时另一个只能等。"
look = "谁在等"
"""

BARE = '''"""One who greets.

It says hello.
"""

from procsim import say, start


def main():
    say("hello")


if __name__ == "__main__":
    start(main)
'''


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a scenario and its chapter, one without, and a module that is no scenario."""
    (tmp_path / "till.py").write_text(TILL, encoding="utf-8")
    (tmp_path / "till.toml").write_text(CHAPTER, encoding="utf-8")
    (tmp_path / "greeting.py").write_text(BARE, encoding="utf-8")
    (tmp_path / "_later.py").write_text("1 / 0", encoding="utf-8")
    return tmp_path


def test_they_stand_in_the_list_and_in_the_help(house: House, own: Path) -> None:
    listed = house.run("list", "--lessons", own).stdout
    chapters = [line for line in listed.splitlines() if line and line[0] != " "]
    assert [line.split()[0] for line in chapters[5:8]] == ["prodcons", "greeting", "till"]
    assert chapters[7] == "till  Two cashiers, one till." and "compare with  procsim till --no-lock" in listed
    assert house.run("--lessons", own, "list").stdout == listed == house.run("explain", "--lessons", own).stdout
    shown = house.run("--lessons", own, "--help").stdout
    assert "Two cashiers, one till." in shown and "_later" not in shown
    options = house.run("--lessons", own, "till", "--help").stdout
    assert "--no-lock" in options and "to compare with T1" in options


def test_they_run_as_procsims_own_do(house: House, own: Path) -> None:
    done = house.run("--lessons", own, "till")
    assert done.returncode == 0 and done.stdout.count("sells at the till") == 2
    shown = house.run("--lessons", own, "watch", "--", "env").stdout
    assert "TMPDIR=" in shown, "the program ran"
    assert str(own) not in shown, "the program watched is told nothing of it"
    house.environment["PROCSIM_LESSONS"] = os.pathsep.join(["", str(own), f"{own}/"])
    lines, done = house.events("till", "--no-lock")
    assert done.returncode == 0 and lines[-1]["scenario"] == "till"


def test_their_chapters_are_explained(house: House, own: Path) -> None:
    for word in ("till", "t1"):
        page = house.run("--lessons", own, "explain", word, "--lang", "zh").stdout
        assert "T1  两个收银员共用一个收银机" in page and "看什么" in page and "procsim till --no-lock" in page
    page = house.run("--lessons", own, "explain", "greeting").stdout
    assert "One who greets.\nIt says hello." in page and "What to look for" not in page and "What to ask" not in page
    (own / "greeting.py").rename(own / "Greeting.py")
    for word in ("greeting", "Greeting"):
        assert "One who greets." in house.run("--lessons", own, "explain", word).stdout
    (own / "Greeting.py").rename(own / "greeting.py")
    assert "(did you mean greeting?)" in house.run("--lessons", own, "explain", "greting").stderr


def test_a_chapter_of_procsims_own_is_copied_and_changed(house: House, own: Path) -> None:
    done = house.run("show", "tickets", "--chapter", "--copy", own / "tickets.toml")
    assert done.returncode == 0 and f"procsim --lessons {own} explain tickets" in done.stdout
    text = (own / "tickets.toml").read_text(encoding="utf-8")
    assert house.run("show", "tickets", "--chapter").stdout == text
    (own / "tickets.toml").write_text(text.replace("Lock only what needs it", "Lock little"), encoding="utf-8")
    assert "M5  Lock little" in house.run("--lessons", own, "explain", "M5").stdout
    assert "has no chapter yet" in house.run("--lessons", own, "show", "greeting", "--chapter").stderr


@pytest.mark.parametrize(
    ("name", "text", "arguments", "told"),
    [
        ("tickets.py", BARE, ["tickets"], "tickets.py: procsim has a command tickets already; rename the file"),
        ("watch.py", BARE, ["list"], "watch.py: procsim has a command watch already; rename the file"),
        ("broken.py", '"""Broken."""\ndef main(:', ["broken"], "broken.py: does not parse, line 2: invalid syntax"),
        ("broken.py", "import nothing_there", ["broken"], "broken.py: reading it raised ModuleNotFoundError: No mod"),
        ("empty.py", "", ["empty"], "empty.py: no scenario, since it has no function main()"),
        (
            "till.toml",
            CHAPTER.replace("about", "abut"),
            ["explain", "till"],
            "till.toml, line 7: there is no field abut here",
        ),
        ("till.toml", "[[lesson", ["explain", "T1"], "till.toml: does not parse: "),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    house: House, own: Path, name: str, text: str, arguments: list[str], told: str
) -> None:
    (own / name).write_text(text, encoding="utf-8")
    done = house.run("--lessons", own, *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"{own}/{told}" in done.stderr
    assert house.run("--lessons", own, "watch", "--", "true").returncode == (2 if "already" in told else 0)


def test_what_a_run_of_the_menu_has_printed_without_a_screen_can_be_read(start: Start, own: Path) -> None:
    (own / "till.toml").write_text(CHAPTER.replace('--lock"', '--lock --view plain"'), encoding="utf-8")
    terminal = start("--lessons", own)
    terminal.wait_for("q quit")
    terminal.press("8", "\r")
    terminal.wait_for("Press a key to go back to the menu")
    assert terminal.row("sells at the till")
    terminal.press("x")
    terminal.wait_for("q quit")
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def test_a_broken_chapter_leaves_its_scenario_as_it_is(house: House, start: Start, own: Path) -> None:
    (own / "till.toml").write_text("[[lesson", encoding="utf-8")
    assert house.run("--lessons", own, "till", "--no-lock").returncode == 0
    done = house.run("--lessons", own, "till", "--help")
    assert done.returncode == 0 and "--no-lock" in done.stdout
    terminal = start("--lessons", own, "till")
    terminal.wait_for(ASKS)
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    asked = house.run("--lessons", own, "till", "--ask")
    assert asked.returncode == 2 and asked.stderr.startswith(f"procsim: {own}/till.toml: does not parse: ")


def test_two_folders_must_not_have_the_same_scenario(house: House, own: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "till.py").write_text(TILL, encoding="utf-8")
    done = house.run("--lessons", own, "--lessons", other, "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{other}/till.py: has the same name as {own}/till.py; rename one of them" in done.stderr


@pytest.mark.parametrize("folder", ["nowhere", "till.py"])
def test_a_folder_that_is_none(house: House, own: Path, folder: str) -> None:
    for arguments in (["list"], ["till"], ["watch", "--", "true"]):
        done = house.run("--lessons", own / folder, *arguments)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "--lessons and PROCSIM_LESSONS name folders with scenarios" in done.stderr
    house.environment["PROCSIM_LESSONS"] = str(own / folder)
    assert house.run("till").returncode == 2
    assert house.run("watch", "--", "true").returncode == 0, "it needs no scenario"


@pytest.mark.parametrize("asked", ["en", "zh"])
def test_the_menu_has_them_and_runs_them(start: Start, own: Path, asked: str) -> None:
    right, enter, q = "\x1b[C", "\r", "q"
    quits, done = {"en": ("q quit", ASKS), "zh": ("q 退出", "q 完成")}[asked]
    terminal = start("--lessons", own, "--lang", asked)
    terminal.wait_for(quits)
    terminal.press("8")
    terminal.wait_for("T1", "两个收银员共用一个收银机")
    terminal.wait_for("procsim till --lock")
    terminal.press("e")
    terminal.wait_for("一个收银员用收银机时")
    terminal.press(q)
    terminal.wait_for(quits)
    terminal.press(right, enter)
    terminal.wait_for(done)
    assert terminal.row("sells at once")
    terminal.press("t")
    terminal.wait_for("sells at the till")
    terminal.wait_for(done)
    terminal.press(q)
    terminal.wait_for(quits)
    terminal.press("7", enter)
    terminal.wait_for(done)
    terminal.press(q)
    terminal.wait_for(quits)
    terminal.press(q)
    assert terminal.wait_for_end() == 0
