"""Pools of other packages, as they are: what is said where a worker of theirs raises, is killed, or waits for ever.

Where a package is not installed, its tests are skipped, and pytest says so: `pip install joblib loky mpire pebble`.
"""

import pytest

from tests.integration.conftest import House

PROGRAM = """\
import os, signal, sys
{imports}

def work(number):
    if number == 3:
        {fails}
    return number

def begin():
    raise OSError("no licence")

if __name__ == "__main__":
    {main}
"""

RAISES, KILLED = "raise ValueError(number)", "os.kill(os.getpid(), signal.SIGKILL)"
LOKY = "from loky import ProcessPoolExecutor"
JOBLIB = "from joblib import Parallel, delayed"
MPIRE = "from mpire import WorkerPool"
PEBBLE = "from pebble import ProcessPool"

CASES = {
    "loky: an error": (LOKY, RAISES, "print(ProcessPoolExecutor(2).submit(work, 3).result())", ["raised"], ""),
    "loky: an error that nobody asks for": (
        *(LOKY, RAISES, "with ProcessPoolExecutor(2) as pool: pool.submit(work, 3)"),
        *(["errors_unseen"], "of work (submitted to pool at x.py:13)"),
    ),
    "loky: a worker is killed": (
        *(LOKY, KILLED, "print(ProcessPoolExecutor(2).submit(work, 3).result())"),
        *(["raised"], "was ended in the middle of work by SIGKILL"),
    ),
    "loky: an initializer raises": (
        *(LOKY, RAISES, "print(ProcessPoolExecutor(2, initializer=begin).submit(work, 1).result())"),
        *(["raised"], "by an exception: OSError: no licence"),
    ),
    "joblib: all is well": (JOBLIB, RAISES, "print(Parallel(n_jobs=2)(delayed(work)(n) for n in (1, 2)))", [], ""),
    "joblib: a worker is killed": (
        *(JOBLIB, KILLED, "print(Parallel(n_jobs=2)(delayed(work)(n) for n in range(6)))"),
        *(["raised"], "since a worker of an executor had ended: LokyProcess-"),
    ),
    "mpire: a worker is killed": (
        *(MPIRE, KILLED, "with WorkerPool(n_jobs=2) as pool: pool.map(work, range(6), chunk_size=1)"),
        *(["raised", "died"], "SIGKILL has ended Worker-"),
    ),
    "pebble: a worker is killed": (
        *(PEBBLE, KILLED, "with ProcessPool(max_workers=2) as pool: pool.schedule(work, args=[3]).result()"),
        *(["raised", "died"], "SIGKILL has ended pebble_pool_worker"),
    ),
}
"""By name: the import, how the task fails, main, the findings, and what one of them says."""


@pytest.mark.thorough
@pytest.mark.parametrize("case", CASES)
def test_what_is_said(house: House, case: str) -> None:
    pytest.importorskip(case.partition(":")[0])
    imports, fails, main, identities, words = CASES[case]
    path = house.folder / "x.py"
    path.write_text(PROGRAM.format(imports=imports, fails=fails, main=main))
    lines, _ = house.events("watch", "--timeout", "60", path)
    found = lines[-1]["findings"]
    assert [finding["id"] for finding in found] == identities
    assert words in " ".join(finding["text"] for finding in found)
