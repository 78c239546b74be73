"""procsim without a clone: the wheel in a bare environment, in a folder of its own, without a network.

    python -m tests.installed

builds the sdist, the wheel from it, and an environment that holds procsim and what it needs. There every scenario runs,
in English and in Chinese, and a scenario of one's own and `watch` run in English. Where no network namespace may be
made, it says so.
"""

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from procsim.lessons import catalog

LESSONS = tuple(catalog.BUILT_IN)

OWN_SCENARIO = '''
    """Two clerks count to ten."""

    from multiprocessing import Process

    from procsim import Claim, say, start


    def count():
        say("counted")


    def main(clerks: int = 2):
        for _ in range(clerks):
            clerk = Process(target=count)
            clerk.start()
            clerk.join()


    def claims(run, clerks):
        return [Claim("counted", True, "all have counted")]


    if __name__ == "__main__":
        start(main)
'''

HANGING = """
    from multiprocessing import Lock

    if __name__ == "__main__":
        account = Lock()
        account.acquire()
        account.acquire()
"""

EXPECTED = (
    [(["--version"], 0, "procsim"), (["--help"], 0, "watch"), (["list"], 0, "tickets"), (["guide"], 0, "watch")]
    + [([lesson, "--view", "plain"], 0, "") for lesson in LESSONS]
    + [(["--lang", "zh", lesson, "--view", "plain"], 0, "个进程") for lesson in LESSONS]
    + [(["run", "own.py", "--clerks", "3"], 0, ""), (["--lang", "zh", "explain", "tickets"], 0, "锁")]
    + [(["--lang", "zh", "guide", "hangs"], 0, "卡住")]
    + [(["watch", "hanging.py"], 3, "account"), (["tickets", "--view", "wrong"], 2, "wrong")]
)
"""What is called, the exit code, and what stands in its output."""


def main() -> int:
    """Try all of them. Returns 1 where one does not come out as it should."""
    offline = ["unshare", "--net"]
    if subprocess.run([*offline, "true"], capture_output=True).returncode:
        print("skipped: the network stays; be root where `unshare --net` is allowed")
        offline = []
    with tempfile.TemporaryDirectory(prefix="installed-") as name:
        folder = Path(name)
        procsim = str(_installed(folder))
        (folder / "own.py").write_text(textwrap.dedent(OWN_SCENARIO))
        (folder / "hanging.py").write_text(textwrap.dedent(HANGING))
        failed = False
        for arguments, code, text in EXPECTED:
            done = subprocess.run([*offline, procsim, *arguments], cwd=folder, env=_bare(), capture_output=True)
            output = (done.stdout + done.stderr).decode(errors="replace")
            fault = done.returncode != code or text not in output or "Traceback" in output
            failed = failed or fault
            print(f"{'FAULT' if fault else 'ok'}: procsim {' '.join(arguments)}")
            if fault:
                print(textwrap.indent(f"it ended with {done.returncode}:\n{output[-2000:]}", "    "))
    return int(failed)


def _installed(folder: Path) -> Path:
    """Build, and install into an environment of its own; the command `procsim` in there."""
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder / "dist")], check=True, stdout=subprocess.DEVNULL
    )
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "bare")], check=True)
    pip = [str(folder / "bare/bin/pip"), "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(pip, check=True, cwd=folder)
    return folder / "bare/bin/procsim"


def _bare() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "PROCSIM_RUN", "PROCSIM_LESSONS", "VIRTUAL_ENV")
    }


if __name__ == "__main__":
    sys.exit(main())
