"""Wherever procsim is started, it runs the program as it is, or says in one line why not; and leaves nothing."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import some_thorough
from tests.integration.conftest import House
from tests.surroundings import ANYBODY, faults

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash makes the surroundings")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Its path is short, since the test makes it longer."""
    with tempfile.TemporaryDirectory(prefix="rough-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ANYBODY)
def test_it_runs_or_says_why_not_and_leaves_nothing(name: str, folder: Path) -> None:
    assert faults(ANYBODY[name], folder) == []


@pytest.mark.parametrize("name", some_thorough([name for name in ANYBODY if "descriptors" in name], of=3))
def test_it_does_so_where_it_reads_the_output_itself(name: str, folder: Path) -> None:
    assert faults(ANYBODY[name], folder, "--view", "json") == []


@pytest.mark.parametrize("name", ["\u6587" * 12, "\u00e9" * 30], ids=["Chinese", "French"])
def test_sockets_fit_below_a_folder_that_is_not_ascii(house: House, name: str) -> None:
    """Of a path the system counts the bytes."""
    place = house.folder / name
    place.mkdir()
    house.environment["TMPDIR"] = str(place)
    for arguments in (("ipc", "--via", "manager"), ("ipc", "--start-method", "forkserver")):
        lines, done = house.events(*arguments)
        assert (done.returncode, lines[-1]["findings"]) == (0, [])
    assert not list(place.glob("procsim-*"))
