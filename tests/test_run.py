"""A run as its reader sees it: batches of events."""

import sys
import time
from collections import Counter
from pathlib import Path

from procsim.run import Order, Run
from procsim.tracer.inject import Settings

COUNT = 50_000
PROGRAM = f"""
import pathlib, sys, time
from multiprocessing import Lock
mutex = Lock()
for _ in range({COUNT}):
    mutex.acquire()
    mutex.release()
pathlib.Path(sys.argv[1]).touch()
time.sleep(3600)
"""


def test_what_waits_when_a_run_is_stopped_comes_in_batches_too(tmp_path: Path) -> None:
    program, done = tmp_path / "program.py", tmp_path / "done"
    program.write_text(PROGRAM)
    kinds: Counter[str] = Counter()
    biggest = 0
    with Run(Order([sys.executable, str(program), str(done)], Settings(), timeout=120)) as run:
        while not done.exists():  # the program goes on though nobody reads
            time.sleep(0.01)
        run.stop()
        for batch in run:
            kinds.update(event.kind for event in batch)
            biggest = max(biggest, len(batch))
    assert (kinds["lock_acquired"], kinds["lock_released"]) == (COUNT, COUNT)
    assert biggest < COUNT
