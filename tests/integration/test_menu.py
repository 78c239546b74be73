"""The menu in a real pseudo-terminal; what explains a lesson, and a copy of it that runs."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pyte
import pytest

from procsim.lessons import catalog
from tests.integration.conftest import PATIENCE_SECONDS, PROCSIM, House
from tests.integration.terminal import ASKS, hang_up

SIZES = ((80, 24), (120, 40))


class Terminal:
    """A command in a pseudo-terminal, and what stands on its screen."""

    def __init__(self, house: House, width: int, height: int, *arguments: str, **environment: str) -> None:
        self.screen = pyte.Screen(width, height)
        self.written = ""
        """All that was written, since pyte knows no alternate screen: what it hides is overwritten there."""
        self._stream = pyte.Stream(self.screen)
        self.child = pexpect.spawn(
            PROCSIM[0],
            [*PROCSIM[1:], *arguments],
            env=house.environment | {"TERM": "xterm-256color"} | environment,
            dimensions=(height, width),
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
        )

    def wait_for(self, text: str) -> None:
        """Read until the text stands on the screen."""
        self._read_until(lambda: text in self.text)

    def _read_until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            try:
                text = self.child.read_nonblocking(65536, timeout=PATIENCE_SECONDS)
                self.written += text
                self._stream.feed(text)
            except (pexpect.TIMEOUT, pexpect.EOF) as error:
                raise AssertionError(f"waited in vain; on the screen:\n{self.text}") from error

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)


@pytest.fixture
def open_terminal(house: House) -> Iterator[Callable[..., Terminal]]:
    """Opens terminals, and closes those that a test has left open."""
    opened: list[Terminal] = []

    def open_(*arguments: object, **environment: str) -> Terminal:
        opened.append(Terminal(house, *arguments, **environment))  # type: ignore[arg-type]
        return opened[-1]

    yield open_
    for terminal in opened:
        terminal.child.close(force=True)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_lesson_is_chosen_run_and_left(open_terminal: Callable[..., Terminal], width: int, height: int) -> None:
    terminal = open_terminal(width, height)
    terminal.wait_for("D1  A daemon process is ended")
    terminal.child.send("5")
    terminal.wait_for("procsim ipc --via memory")
    terminal.child.send("\r")
    terminal.wait_for(ASKS)
    assert "$ procsim ipc --via memory" in terminal.written
    assert "the child (PID" in terminal.written
    terminal.child.send("q")
    terminal.wait_for("I1  Processes cannot see each other's data")
    terminal.child.send("e")
    terminal.wait_for("What to ask the class")
    terminal.wait_for("Press a key to go back")
    terminal.child.send("q")
    terminal.child.expect("q quit")
    terminal.child.send("q")
    terminal.child.expect(pexpect.EOF)
    terminal.child.close()
    assert terminal.child.exitstatus == 0


def test_in_chinese_the_menu_and_what_it_runs_are(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal(80, 24, "--lang", "zh_CN")
    terminal.wait_for("展示用")
    terminal.child.send("5\r")
    terminal.wait_for("q 完成")
    assert "一个名字，两个值" in terminal.text  # noqa: RUF001
    terminal.child.send("\x03")
    terminal.child.expect("q 退出")
    terminal.child.send("\x03")
    terminal.child.expect(pexpect.EOF)


def test_what_it_runs_is_big_if_people_have_asked_for_that(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal(80, 24, "--big")
    terminal.wait_for("D1  A daemon process is ended")
    terminal.child.send("5\r")
    terminal.wait_for(ASKS)
    assert "▀" in terminal.text, "its letters are made of blocks"
    terminal.child.send("q")
    terminal.wait_for("I1  Processes cannot see each other's data")
    terminal.child.send("q")
    terminal.child.expect(pexpect.EOF)


def test_without_colour_it_still_shows_what_is_chosen(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal(80, 24, NO_COLOR="1", PYTHONIOENCODING="ascii")
    terminal.wait_for("> D1")
    terminal.child.send("\x1b[B")
    terminal.wait_for("> D2")
    terminal.child.send("q")
    terminal.child.expect(pexpect.EOF)


def test_a_terminal_that_is_closed_ends_the_menu(open_terminal: Callable[..., Terminal], house: House) -> None:
    terminal = open_terminal(80, 24)
    terminal.wait_for("D1")
    hang_up(terminal.child, house)


def test_sigterm_restores_the_terminal(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal(80, 24)
    terminal.wait_for("q quit")
    terminal.child.kill(signal.SIGTERM)
    terminal.child.expect(pexpect.EOF)
    terminal.written += terminal.child.before or ""
    assert terminal.written.rfind("\x1b[?1049l") > terminal.written.rfind("\x1b[?1049h")
    terminal.child.close()
    assert terminal.child.exitstatus == 128 + signal.SIGTERM


@pytest.mark.parametrize("command", ["explain", "show"])
def test_a_page_that_nobody_reads_ends_quietly(house: House, command: str) -> None:
    process = house.start(command, "tickets")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 141


def test_elsewhere_it_is_the_help(house: House) -> None:
    done = house.run()
    assert done.returncode == 0
    assert "Usage: procsim" in done.stdout


def test_a_lesson_is_explained(house: House) -> None:
    one, chapter = house.run("explain", "M1"), house.run("explain", "tickets", "--lang", "zh_CN")
    for text in ("What to ask the class", "procsim tickets --users 10 --no-lock"):
        assert text in one.stdout
    for text in ("M1  几个进程", "M5  只锁真正需要保护的部分", "问学生什么"):
        assert text in chapter.stdout


def test_the_notes_of_a_lesson_are_written_once(house: House) -> None:
    notes = house.folder / "notes.md"
    done = house.run("explain", "M1", "--notes", notes, "--lang", "zh")
    assert (done.returncode, done.stdout) == (0, f"{notes}：讲稿写好了\n")  # noqa: RUF001
    text = notes.read_text(encoding="utf-8")
    assert "## M1  几个进程" in text and "`procsim tickets --users 10 --no-lock`" in text and "M2" not in text
    for path, complaint in ((notes, "exists already"), (house.folder / "no" / "such.md", "No such file or directory")):
        done = house.run("explain", "tickets", "--notes", path)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1) and complaint in done.stderr
    assert notes.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("lesson", ["daemon", "tickets", "deadlock", "queue", "ipc", "prodcons"])
def test_the_source_is_shown_as_it_is(house: House, lesson: str) -> None:
    source = house.run("show", lesson).stdout
    assert source == catalog.scenarios()[lesson].read_text()


def test_a_copy_runs_from_any_folder(house: House, tmp_path: Path) -> None:
    copy = tmp_path / "mine.py"
    assert house.run("show", "tickets", "--copy", copy).returncode == 0
    lines, done = house.events("run", copy, "--users", "3", "--think", "0.1")
    assert done.returncode == 0
    assert lines[-1]["claims"][0]["id"] == "M2"


def test_names_are_chinese_on_the_screen_and_neutral_in_the_recording(house: House, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    done = house.run("prodcons", "--items", "1", "--make", "0", "--eat", "0", "--lang", "zh", "--record", trace)
    for name in ("生产者-康康", "消费者-小明", "油条", "包子", "玛莎拉"):
        assert name in done.stdout
    assert "Kang" not in done.stdout
    assert "producer-Kang" in trace.read_text() and "康康" not in trace.read_text()
    assert "生产者-康康" in house.run("replay", trace, "--lang", "zh").stdout


@pytest.mark.parametrize(
    ("words", "completed"),
    [("procsim ti", "tickets"), ("procsim tickets --us", "--users"), ("procsim explain M7", "M7")],
)
def test_the_shell_completes(house: House, words: str, completed: str) -> None:
    house.environment |= {
        "_PROCSIM_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    assert completed in house.run().stdout.split()
