"""Rough surroundings: in each, procsim runs the program as it is, or says in one line why not; and leaves nothing.

    python -m tests.surroundings

tries those that need mounts of their own, for which it must be root on a Linux that allows `unshare --mount`; elsewhere
it says that it has skipped them. Those that anybody can make, `tests/integration/test_surroundings.py` tries.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

PROCSIM = [sys.executable, "-m", "procsim"]

PATIENCE_SECONDS = 120

PROGRAM = """
    import contextlib, os
    from multiprocessing import Lock, Process, SimpleQueue

    def work(lock, queue):
        with lock:
            queue.put("from the child")

    if __name__ == "__main__":
        with contextlib.suppress(OSError), open(os.path.join(os.path.dirname(__file__), "run"), "wb") as file:
            file.write(os.fsencode(os.environ["PROCSIM_RUN"]))
        lock, queue = Lock(), SimpleQueue()
        child = Process(target=work, args=(lock, queue))
        child.start()
        print("got", queue.get())
        child.join()
        raise SystemExit(7)
"""

RUNS, REFUSED, EITHER = "runs", "refused", "either"
"""What is to come of it: the program's own output and exit code; one line and exit code 2; or one of both."""


class Surrounding(NamedTuple):
    """What bash does before procsim begins, in a folder of its own, which is also TMPDIR; and what is to come of it."""

    before: str
    outcome: str = RUNS


def inside(name: str, more: str = "") -> str:
    """TMPDIR is a folder of that name."""
    return f'export TMPDIR="$PWD"/{name}; mkdir -p "$TMPDIR"; {more}'


ANYBODY = {
    "nothing rough": Surrounding(""),
    "TMPDIR is not ASCII": Surrounding(inside("文件夹文件夹文件夹文件夹文件夹é")),
    "TMPDIR is long": Surrounding(inside("x" * 120)),
    "TMPDIR has blanks": Surrounding(inside("'a b  c'")),
    "TMPDIR has a line end": Surrounding(inside("$'a\\nb'")),
    "TMPDIR has quotes": Surrounding(inside("$'a\\'b\"c'")),
    "TMPDIR has a percent sign, braces and a dollar": Surrounding(inside("'%s{x}{0}$x'")),
    "TMPDIR has a colon": Surrounding(inside("a:b")),
    "TMPDIR is no text": Surrounding(inside("$'\\xff\\xfe'")),
    "TMPDIR is relative": Surrounding("mkdir r; export TMPDIR=r"),
    "TMPDIR is a link": Surrounding("mkdir r; ln -s r l; export TMPDIR=$PWD/l"),
    "TMPDIR is missing": Surrounding("export TMPDIR=$PWD/none"),
    "TMPDIR is a file": Surrounding("touch f; export TMPDIR=$PWD/f"),
    "HOME is not set": Surrounding("unset HOME"),
    "HOME is missing": Surrounding("export HOME=/nonexistent"),
    "the C locale": Surrounding("export LC_ALL=C"),
    "the POSIX locale, and no UTF-8 mode": Surrounding("export LC_ALL=POSIX PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"),
    "a locale that is not there": Surrounding("export LC_ALL=xx_YY.UTF-16 2>/dev/null"),
    "ASCII streams": Surrounding("export PYTHONIOENCODING=ascii"),
    "no bytecode": Surrounding("export PYTHONDONTWRITEBYTECODE=1"),
    "warnings are errors": Surrounding("export PYTHONWARNINGS=error"),
    "development mode": Surrounding("export PYTHONDEVMODE=1"),
    "optimized": Surrounding("export PYTHONOPTIMIZE=2"),
    "memory is traced": Surrounding("export PYTHONTRACEMALLOC=3"),
    "umask 777": Surrounding("umask 777"),
    "umask 0": Surrounding("umask 0"),
    "standard input is closed": Surrounding("exec <&-"),
    "standard error is closed": Surrounding("exec 2>&-"),
    "standard input and error are closed": Surrounding("exec <&- 2>&-"),
    "the folder is gone": Surrounding('mkdir gone; cd gone; rmdir "$PWD"'),
    "no terminal is known": Surrounding("unset TERM; export COLUMNS=abc LINES=-4"),
    "few pages of memory": Surrounding("ulimit -v 300000", EITHER),
    "no file may be written": Surrounding("ulimit -f 0", REFUSED),
    "only small files may be written": Surrounding("ulimit -f 8"),
    **{f"{count} descriptors": Surrounding(f"ulimit -n {count}", EITHER) for count in (7, 9, 12, 13, 14, 15, 16, 18)},
    "64 descriptors": Surrounding("ulimit -n 64"),
}

MOUNTED = {
    "a disk that is full": Surrounding("mount -t tmpfs -o size=4k tmpfs .", REFUSED),
    "a disk with room for one page more": Surrounding("mount -t tmpfs -o size=8k tmpfs ."),
    "a disk without inodes": Surrounding("mount -t tmpfs -o nr_inodes=3 tmpfs .", REFUSED),
    "a disk that is read-only": Surrounding("mount -t tmpfs -o ro tmpfs ."),
    "a disk of which nothing may be executed": Surrounding("mount -t tmpfs -o noexec,nosuid,nodev tmpfs ."),
    "no /proc": Surrounding("while umount --lazy /proc 2>/dev/null; do :; done", REFUSED),
    "a /proc without the others": Surrounding("mount -t proc -o hidepid=2 proc /proc"),
    "all is read-only": Surrounding("mount -o remount,ro,bind /", EITHER),
    "64 MB of shared memory": Surrounding("mount -t tmpfs -o size=64m tmpfs /dev/shm"),
    "no /dev/null": Surrounding("mount -t tmpfs tmpfs /dev", REFUSED),
    "few processes": Surrounding("chmod 777 .; ulimit -u 3; drop", REFUSED),
    "another user": Surrounding("chmod 777 .; drop"),
    "another user, and umask 777": Surrounding("chmod 777 .; umask 777; drop"),
    "another user, in a folder that may not be read": Surrounding("chmod 777 .; mkdir w; cd w; chmod 0 ../w; drop"),
}
"""As root, in a namespace of its own. `drop` makes procsim another user's."""

DROP = "setpriv --reuid=65534 --regid=65534 --clear-groups"

SCRIPT = """
as=()
drop() {{ as=({drop}); }}
{before}
"${{as[@]}}" "$@"
code=$?
for left in "$TMPDIR"/procsim-*; do
    [ -e "$left" ] && code=99
done
exit $code
"""

LEFT = 99


def faults(what: Surrounding, folder: Path, *options: str, prefix: Sequence[str] = ()) -> list[str]:
    """Have procsim watch the program in these surroundings; what is wrong with what came of it.

    `folder` is an empty one; `prefix` is put before the command.
    """
    program, place, run = folder / "program.py", folder / "place", folder / "run"
    program.write_text(textwrap.dedent(PROGRAM))
    program.chmod(0o644)
    place.mkdir()
    script = SCRIPT.format(before=what.before, drop=DROP)
    command = [*prefix, "bash", "-c", script, "bash", *PROCSIM, "watch", *options, str(program)]
    environment = {name: value for name, value in os.environ.items() if name not in ("PROCSIM_RUN", "PYTHONPATH")}
    done = subprocess.run(
        command,
        cwd=place,
        env=environment | {"TMPDIR": str(place), "LC_ALL": "C.UTF-8", MARK: str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    found = []
    ran = done.returncode == 7 and (b"got from the child" in done.stdout or (options and done.stdout))
    complaint = done.stderr.startswith(b"procsim: ") and done.stderr.count(b"\n") == 1
    refused = done.returncode == 2 and complaint and not done.stdout
    if not {RUNS: ran, REFUSED: refused, EITHER: ran or refused}[what.outcome]:
        found.append(f"it ended with {done.returncode}: {(done.stdout + done.stderr).decode(errors='replace')[-2000:]}")
    if done.returncode == LEFT:
        found.append("the folder of the run is left")
    if not _becomes_empty(lambda: _marked(str(folder))):
        found.append(f"processes are left: {_marked(str(folder))}")
    if run.exists():
        run.chmod(0o600)
        if os.path.exists(run.read_bytes()):
            found.append("the folder of the run is left where there was another one")
    return found


MARK = "PROCSIM_SURROUNDING"
"""A variable by which the processes are known."""


def _marked(folder: str) -> list[int]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == folder and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def _becomes_empty(left: Callable[[], Collection[object]]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _can(*command: str) -> bool:
    """Whether what that command starts can start procsim."""
    started = ["sh", "-c", '"$0" -m procsim --version', sys.executable]
    try:
        return subprocess.run([*command, *started], capture_output=True).returncode == 0
    except OSError:
        return False


def main() -> int:
    """Try those that need mounts. Returns 1 where one of them does not come out as it should."""
    unshare = ("unshare", "--mount")
    if not _can(*unshare):
        print("skipped: the surroundings that need mounts; be root where `unshare --mount` is allowed")
        return 0
    others = _can(*DROP.split())
    failed = False
    for name, what in MOUNTED.items():
        if not others and "drop" in what.before:
            print(f"skipped: {name}; another user cannot read {sys.executable}, or procsim")
            continue
        with tempfile.TemporaryDirectory(prefix="rough-", dir="/tmp") as folder:
            os.chmod(folder, 0o777)
            found = faults(what, Path(folder), prefix=unshare)
        failed = failed or bool(found)
        print(f"{'FAULT' if found else 'ok'}: {name}", *found, sep="\n    " if found else "")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
