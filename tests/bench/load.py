"""Does procsim bear a heavy load? Many processes, millions of events, objects without end.

Each program counts what it does, and procsim must have seen all of it. Told is the most memory that procsim's own
process ever had, and what drawing one frame of the live view takes with all that behind it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console, ConsoleDimensions

from procsim.running.launch import launch
from procsim.running.order import Order
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.views.live.screen import ScreenRequest, screen
from procsim.wire.run_folder import Settings
from tests.bench.report import Figure, main

FRAMES = 50
LONGER = 4
"""The longer run of a pair does so many times as much."""

MOST_MEMORY_MIB = 200.0
"""What procsim may have at the most, whatever the program does."""

MOST_GROWTH = 1.5

ALIVE = """
from multiprocessing import Barrier, Process
def stand(doors):
    doors.wait()
if __name__ == "__main__":
    doors = Barrier({count})
    people = [Process(target=stand, args=(doors,)) for _ in range({count})]
    for person in people:
        person.start()
    for person in people:
        person.join()
"""

EVENTS = """
from multiprocessing import Lock, Process
def work(count):
    mutex = Lock()
    for _ in range(count // 2):
        mutex.acquire()
        mutex.release()
if __name__ == "__main__":
    people = [Process(target=work, args=({count} // 4,)) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
"""

PROCESSES = """
from multiprocessing import Process, Queue
if __name__ == "__main__":
    queue = Queue()
    for number in range({count}):
        child = Process(target=queue.put, args=(number,))
        child.start()
        queue.get()
        child.join()
"""

OBJECTS = """
from multiprocessing import Lock, Queue
if __name__ == "__main__":
    for number in range({count}):
        mutex, queue = Lock(), Queue()
        with mutex:
            queue.put(number)
        queue.get()
        queue.close()
        queue.join_thread()
"""

MEASURED = """
import json, sys
from tests.bench.load import watched
print(json.dumps(watched(sys.argv[1])))
"""


def watched(program: str) -> dict[str, float]:
    """Watch a program in this process: the events seen of each kind, peak memory (MiB), a frame (ms), the time (s)."""
    from tests.bench.tickets import peak

    state = RunState()
    began = time.perf_counter()
    frames: list[float] = []
    with launch(Order([sys.executable, program], Settings(take_output=False), isolated=False)) as run:
        for batch in run:
            for event in batch:
                apply(state, event)
    took = time.perf_counter() - began
    console = Console(file=open(os.devnull, "w"), width=120, height=40, force_terminal=True)  # noqa: SIM115
    for _ in range(FRAMES):
        before = time.perf_counter()
        console.print(screen(state, ScreenRequest("procsim watch", ConsoleDimensions(120, 40), state.t))[0])
        frames.append(time.perf_counter() - before)
    return {
        **state.counts,
        "peak": peak() / (1 << 20),
        "frame": statistics.median(frames) * 1e3,
        "seconds": took,
    }


def measured(source: str, count: int) -> dict[str, float]:
    """The same, in an interpreter of its own, whose memory is procsim's alone."""
    with tempfile.TemporaryDirectory(prefix="procsim-bench-") as folder:
        program = Path(folder, "program.py")
        program.write_text(source.format(count=count))
        run = subprocess.run(
            [sys.executable, "-c", MEASURED, str(program)], stdout=subprocess.PIPE, check=True, text=True
        )
        result: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
        return result


def measure() -> list[Figure]:
    """The figures of each kind of load."""
    alive = measured(ALIVE, 1_000)
    figures = [
        Figure(
            "1,000 processes at once: those that were not seen to pass", 1_000 - alive["barrier_passed"], "", at_most=0
        ),
        Figure("    peak memory of procsim", alive["peak"], "MiB", at_most=MOST_MEMORY_MIB),
        Figure("    a frame of the live view", alive["frame"], "ms"),
    ]
    many = measured(EVENTS, 2_000_000)
    seen = many["lock_acquired"] + many["lock_released"]
    figures += [
        Figure(f"2,000,000 events in {many['seconds']:.1f} s: those that were lost", 2_000_000 - seen, "", at_most=0),
        Figure("    peak memory of procsim", many["peak"], "MiB", at_most=MOST_MEMORY_MIB),
        Figure("    a frame of the live view", many["frame"], "ms"),
    ]
    for what, source, count in (("processes", PROCESSES, 2_500), ("locks and queues", OBJECTS, 5_000)):
        few, more = measured(source, count), measured(source, LONGER * count)
        name = f"{LONGER * count:,} {what} one after the other: peak memory beside that of {count:,}"
        figures += [
            Figure(f"{name} ({few['peak']:.0f} MiB)", more["peak"] / few["peak"], at_most=MOST_GROWTH),
            Figure("    peak memory of procsim", more["peak"], "MiB", at_most=MOST_MEMORY_MIB),
        ]
    return figures


if __name__ == "__main__":
    main(measure)
