"""procsim is killed at the moments at which a killer seldom hits; nothing of the run is left all the same."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import PATIENCE_SECONDS, House

LONG, SHORT = 600, 0

SLEEPS = """
import time
from procsim import start

def main(seconds: float = 0):
    time.sleep(seconds)

if __name__ == "__main__":
    start(main)
"""

KILLED = """
import os, shutil, signal, sys
from procsim.cli import run
from procsim.members import Members

def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

{moment} = kill
sys.argv = ["procsim", *sys.argv[1:]]
sys.exit(run())
"""

MOMENTS = {
    "its folder has just been made": ("os.chmod", LONG),
    "main has just been started": ("Members.add", LONG),
    "main has ended": ("Members.end", SHORT),
    "its folder is about to be removed": ("shutil.rmtree", SHORT),
}


@pytest.mark.parametrize(("moment", "seconds"), MOMENTS.values(), ids=MOMENTS)
def test_procsim_is_killed_at_that_moment(house: House, tmp_path: Path, moment: str, seconds: int) -> None:
    program = tmp_path / "program.py"
    program.write_text(SLEEPS)
    words = ["run", str(program), "--seconds", str(seconds), "--view", "plain"]
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(moment=moment), *words],
        env=house.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == -signal.SIGKILL
    house.assert_empty()
