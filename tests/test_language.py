"""Every message that people see is in each catalogue, with the same placeholders, and compiled."""

import string
from pathlib import Path

import pytest

from procsim import language
from tests.catalogue import CATALOGUES, compiled, messages, read


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_no_message_is_untranslated_and_every_placeholder_survives(path: Path) -> None:
    catalogue = read(path)
    for message in messages():
        entry = catalogue.get(message)
        assert entry is not None and entry.string, f"untranslated: {message!r}; run: python -m tests.catalogue"
        assert placeholders(str(entry.string)) == placeholders(message), message


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_the_compiled_catalogue_is_the_one_that_was_written(path: Path) -> None:
    assert path.with_suffix(".mo").read_bytes() == compiled(read(path)), "run: python -m tests.catalogue"


def test_every_language_has_its_catalogue() -> None:
    found = {path.parts[-3] for path in CATALOGUES}
    assert found == set(language.LANGUAGES.values()) - {"en"}


@pytest.mark.parametrize(
    ("variables", "chosen"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "zh:en"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "", "LC_MESSAGES": "zh_CN"}, "zh"),
    ],
)
def test_the_language_of_the_environment(variables: dict[str, str], chosen: str) -> None:
    assert language.of_environment(variables) == chosen


def test_a_message_is_said_in_the_chosen_language() -> None:
    try:
        language.choose("zh")
        assert language._("waits for {object}") == "等待 {object}"
    finally:
        language.choose("en")
    assert language._("waits for {object}") == "waits for {object}"
