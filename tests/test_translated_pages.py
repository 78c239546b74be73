"""The README and the guide in another language have the sections, code and commands of the English ones."""

import io
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.console import Console

from procsim.lessons.guide import FOLDER, TOPICS
from procsim.views.text.markdown import Markdown

HOUSE = FOLDER.parents[1]
CHINESE = FOLDER / "zh_CN"
OPTION = r"(?<![\w-])--[a-z][a-z-]+"


class Outline(NamedTuple):
    """What a page must have in every language."""

    headings: list[str]
    """Only their signs: ## for a section."""
    blocks: list[str]
    """The language of each block of code."""
    typed: list[str]
    """What people type, in blocks of code and inline, in its order."""
    options: set[str]


def outline(page: str) -> Outline:
    """Of a page in Markdown."""
    parts = re.split(r"^```(\w*)\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    prose, blocks, codes = parts[0::3], parts[1::3], parts[2::3]
    typed: list[str] = []
    for words, code in zip(prose, [*codes, ""], strict=True):
        typed += [" ".join(found.split()) for found in re.findall(r"`((?:procsim|python3?)\b[^`]*)`", words)]
        # a picture has the time of the run behind the command; a chapter has its commands as values
        lines = re.findall(r'^(?:\$ |\w+ = ")?((?:procsim|python3)\b.*)$', code, re.MULTILINE)
        typed += [re.split(r'  +|"$', line)[0] for line in lines]
    return Outline(re.findall(r"^#+(?= )", "".join(prose), re.MULTILINE), blocks, typed, {*re.findall(OPTION, page)})


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_has_the_same_commands_in_chinese(topic: str) -> None:
    assert outline(read(CHINESE / f"{topic}.md")) == outline(read(FOLDER / f"{topic}.md"))


def test_the_readme_has_the_same_commands_in_chinese() -> None:
    english, chinese = read(HOUSE / "README.md"), read(HOUSE / "README.zh-CN.md")
    assert outline(chinese) == outline(english)
    assert "(README.zh-CN.md)" in english.partition("##")[0]
    assert "(README.md)" in chinese.partition("##")[0]
    assert re.findall(r"\(procsim/guide/zh_CN/(\w+)\.md\)", chinese) == [*TOPICS]


@pytest.mark.parametrize("path", [HOUSE / "README.zh-CN.md", *sorted(CHINESE.glob("*.md"))], ids=lambda path: path.stem)
def test_the_links_of_a_chinese_page_lead_somewhere(path: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", read(path)):
        assert (path.parent / target).exists(), target
        headings = re.findall(r"^#+ (.+)$", read(path.parent / target), re.MULTILINE) if anchor else []
        assert not anchor or anchor in [re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("topic", TOPICS)
def test_nothing_of_a_chinese_page_is_cut_off_in_a_narrow_terminal(topic: str) -> None:
    def drawn(width: int) -> Counter[str]:
        console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
        with console.capture() as capture:
            console.print(Markdown(read(CHINESE / f"{topic}.md"), hyperlinks=False))
        return Counter(re.sub(r"[\s─]", "", capture.get()))

    assert drawn(60) == drawn(400)


def test_a_command_that_differs_is_seen() -> None:
    page = "# Title\n\nType `procsim\nlist`.\n\n```sh\n$ procsim tickets --lock      1.9 s\n```\n"
    assert outline(page) == Outline(["#"], ["sh"], ["procsim list", "procsim tickets --lock"], {"--lock"})
    assert outline(page) != outline(page.replace("--lock", "--no-lock"))
