"""How long is it until an earlier moment of a run is on the screen, and how much memory does a long recording take?

The events are those of processes that wait for a lock, put, get and narrate (`state.CYCLE`). For the long recording the
replay is run in an interpreter of its own. All times are processor time.
"""

import io
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console, ConsoleDimensions

from procsim.recording.recorder import Header, Recorder
from procsim.recording.trace import Trace
from procsim.session.replay import show_trace
from procsim.state.apply import apply
from procsim.state.past import Past
from procsim.state.run_state import RunState
from procsim.views.base import View
from procsim.views.live.screen import ScreenRequest, screen
from procsim.wire.events import Event
from tests.bench.report import Figure, main
from tests.bench.state import AT, CYCLE, LOCK, QUEUE
from tests.bench.tickets import peak

PROCESSES = 20
SHORT, LONG = 5_000, 2_000_000
SEEKS = 40
MOST_STEP_MS, MOST_FIRST_SECONDS, MOST_SEEK_SECONDS, MOST_MEMORY_MIB = 100.0, 2.0, 1.0, 300.0


def events_of(count: int) -> Iterator[Event]:
    """So many events of PROCESSES processes, 100 µs apart."""
    for pid in range(1, PROCESSES + 1):
        yield Event("process_began", 0, pid, f"p{pid}", "MainThread", None, None, {"parent": 0, "daemon": False})
    yield Event("lock_created", 0, 1, "p1", "MainThread", LOCK, AT, {"name": "mutex", "type": "Lock", "value": 1})
    queue = {"name": "queue", "type": "Queue", "maxsize": 0, "pipe": 0}
    yield Event("queue_created", 0, 1, "p1", "MainThread", QUEUE, AT, queue)
    for number in range(count - PROCESSES - 2):
        pid = number // len(CYCLE) % PROCESSES + 1
        kind, identity, fields = CYCLE[number % len(CYCLE)]
        yield Event(kind, number * 100_000, pid, f"p{pid}", "MainThread", identity, AT, fields)


def draw(run: RunState) -> None:
    """One frame of the live view."""
    console = Console(file=io.StringIO(), width=80, height=24, force_terminal=True)
    console.print(screen(run, ScreenRequest("procsim replay", ConsoleDimensions(80, 24), run.t))[0])


def step_back() -> float:
    """ms until the moment before is drawn, the longest of 100 steps back through a whole short run."""
    past, run = Past(), RunState()
    for event in events_of(SHORT):
        apply(run, event)
        past.keep(event, run)
    took = []
    for number in range(SHORT, 0, -SHORT // 100):
        began = time.process_time()
        draw(past.at(number - 1))
        took.append(time.process_time() - began)
    return max(took) * 1e3


class Seeking(View):
    """Keeps the past of a recording as the live view does, and notes when its first events could be drawn."""

    def __init__(self) -> None:
        self.past = Past()
        self.began = time.process_time()
        self.first = 0.0

    def event(self, event: Event, run: RunState) -> None:
        self.past.keep(event, run)

    def tick(self, run: RunState, movement: object) -> None:
        if not self.first:
            draw(self.past.at(self.past.last))
            self.first = time.process_time() - self.began


def long_recording(path: str) -> None:
    """Read it, and look at moments anywhere in it; prints what it took."""
    view = Seeking()
    show_trace(Trace(Path(path)), view)
    read = time.process_time() - view.began
    choose, took = random.Random(5), []
    for _ in range(SEEKS):
        began = time.process_time()
        draw(view.past.at(choose.randrange(view.past.last)))
        took.append(time.process_time() - began)
    print(view.first, read, statistics.median(took), max(took), peak() / (1 << 20), view.past._size / (1 << 20))


def measure() -> list[Figure]:
    """The figures, with their targets."""
    what = f"a step back among {SHORT:,} events, the slowest of 100"
    figures = [Figure(what, step_back(), "ms", at_most=MOST_STEP_MS)]
    with tempfile.TemporaryDirectory(prefix="procsim-bench-") as folder:
        path = Path(folder, "long.jsonl")
        with Recorder(path, Header("bench")) as recorder:
            run = RunState()
            for event in events_of(LONG):
                if event.object is not None and event.object not in run.names:
                    apply(run, event)
                recorder.event(event, run.names)
            recorder.verdict({"kind": "verdict", "scenario": "bench", "claims": [], "findings": []})
        code = "import sys; from tests.bench.past import long_recording; long_recording(sys.argv[1])"
        done = subprocess.run([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, check=True, text=True)
        first, read, median, slowest, memory, kept = map(float, done.stdout.split())
    what = f"a recording of {LONG:,} events"
    return [
        *figures,
        Figure(f"{what}: its first picture", first, "s", at_most=MOST_FIRST_SECONDS),
        Figure("    read, with its past", read / LONG * 1e6, "µs an event"),
        Figure(f"    a seek, the median of {SEEKS}", median, "s"),
        Figure("    the slowest", slowest, "s", at_most=MOST_SEEK_SECONDS),
        Figure("    peak memory", memory, "MiB", at_most=MOST_MEMORY_MIB),
        Figure("    of that its past", kept, "MiB"),
    ]


if __name__ == "__main__":
    main(measure)
