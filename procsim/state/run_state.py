"""RunState: what is known of a run.

Event ──► apply ──► RunState ──► views, findings, claims
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from procsim.state.bounds import (
    HAPPENED_KEPT,
    LINES_KEPT,
    NARRATIONS_KEPT,
    RAISED_KEPT,
    REFUSED_KEPT,
    STEPS_KEPT,
    WAITS_KEPT,
)
from procsim.state.cells import Cells
from procsim.state.history import Series
from procsim.state.objects import Lock, Pool, Queue, Signal
from procsim.state.processes import Process, Standing, Wait, Waited, WaitedFor
from procsim.state.races import Races
from procsim.state.tally import Tally
from procsim.wire.events import Event, Named
from procsim.wire.identities import MAIN_THREAD


@dataclass(slots=True)
class Gauge:
    """A figure that the scenario notes."""

    name: str
    first: Any
    value: Any
    series: Series = field(default_factory=Series)


@dataclass(slots=True)
class Line:
    """A narrated or printed line."""

    t: int
    pid: int
    process: str
    said: Event | None
    """The narration; None for a printed line."""
    text: str = ""
    stream: str = ""
    """Of a printed line: "stdout" or "stderr"."""
    whole: bool = True
    """Whether its end was printed; else the next printed piece goes on with it."""


@dataclass(slots=True)
class RunState:
    """All that is known of a run."""

    processes: dict[int, Process] = field(default_factory=dict)
    locks: dict[int, Lock] = field(default_factory=dict)
    queues: dict[int, Queue] = field(default_factory=dict)
    signals: dict[int, Signal] = field(default_factory=dict)
    pools: dict[int, Pool] = field(default_factory=dict)
    cells: dict[int, Cells] = field(default_factory=dict)
    """What processes read and write, by the identity of the file, the Value, the object in a manager …"""
    forgotten_cells: int = 0
    """How many files and objects that several processes use are not known any more, since there were too many."""
    names: dict[int, Named] = field(default_factory=dict)
    """Of objects, by identity; also of objects that were forgotten."""
    forgotten_processes: int = 0
    """How many processes have ended so long ago that nothing else is known of them, but for what they waited for."""
    forgotten_waited: dict[WaitedFor, Waited] = field(default_factory=dict)
    """How long these have waited, for what: all together, and as `Process.waited`."""
    forgotten_objects: int = 0
    """How many locks, queues, signals and pools were forgotten, but for how long processes waited for them."""
    gauges: dict[str, Gauge] = field(default_factory=dict)
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    printed_lines: int = 0
    """Lines printed in all."""
    happened: deque[Event] = field(default_factory=lambda: deque(maxlen=HAPPENED_KEPT))
    """The last events that people read as sentences."""
    said: deque[Event] = field(default_factory=lambda: deque(maxlen=NARRATIONS_KEPT))
    waits: deque[Wait] = field(default_factory=lambda: deque(maxlen=WAITS_KEPT))
    """The waits that have ended."""
    started: dict[int, Event] = field(default_factory=dict)
    """`process_started` by child: it holds the start method, the process that started it, and the line."""
    raised: deque[Event] = field(default_factory=lambda: deque(maxlen=RAISED_KEPT))
    raised_in_threads: deque[Event] = field(default_factory=lambda: deque(maxlen=RAISED_KEPT))
    """Exceptions that ended one thread of a process."""
    not_started: dict[tuple[int, int], Event] = field(default_factory=dict)
    """`process_created` of the processes that were not started, by the PID of their maker and their number."""
    without_target: deque[Event] = field(default_factory=lambda: deque(maxlen=RAISED_KEPT))
    """Processes that were started with nothing to run."""
    memory_left: dict[str, Event] = field(default_factory=dict)
    """`memory_made` of the blocks of shared memory that nobody has unlinked, by their names."""
    memory_unlinked: dict[str, Event] = field(default_factory=dict)
    """`memory_unlinked` of blocks, by their names."""
    sought: dict[int, set[int]] = field(default_factory=dict)
    """The PIDs of those that have asked again and again for what was not at a path, by its identity."""
    refused: deque[Event] = field(default_factory=lambda: deque(maxlen=REFUSED_KEPT))
    """Operations that found a queue empty or full, a lock taken, or no task left to be reported done."""
    found: list[Event] = field(default_factory=list)
    """The findings that came while the program still ran: why it hangs."""
    suspected: list[Event] = field(default_factory=list)
    """Those that are not certain: why it probably hangs. Some may have turned out to be untrue since."""
    accepted: list[Event] = field(default_factory=list)
    """Those of all these that the program's author accepts."""
    asked: Event | None = None
    """`prediction_asked`: what people were asked to predict."""
    predicted: int | None = None
    """The number of the answer that they gave, from 1 on; 0: none, and the run went on; None: they have not been asked,
    or still think."""
    hung: int | None = None
    """ns: when it was found that main's main thread is stuck, so that the program will never end."""
    counts: Tally[str] = field(default_factory=Tally)
    """Events by kind; those of kinds that are not known are counted together (`apply.UNKNOWN`)."""
    t: int = 0
    """ns: the time of the last event."""
    first_child: int | None = None
    """ns: when the first child was started."""
    steps: deque[int] = field(default_factory=lambda: deque(maxlen=STEPS_KEPT))
    """ns of the last steps through the gate; `counts["gate_passed"]` is how many there were."""
    main: int = 0
    """The PID of the program's main process."""
    used_names: Tally[str] = field(default_factory=Tally)
    """How many objects were given each name."""
    races: Races | None = None
    """The updates that came out right by luck; None: they are not looked for."""

    @property
    def question(self) -> Event | None:
        """The question that stands, and waits for people's answer."""
        return self.asked if self.predicted is None else None

    def is_asked_about(self, standing: Standing) -> bool:
        """Whether a thread at the gate stands before such an operation as the question that stands is about.

        Then what would become of it is not to be shown.
        """
        question = self.question
        process = self.processes.get(question.pid) if question is not None else None
        asked = process.standing.get(question.thread) if process is not None and question is not None else None
        return asked is not None and asked.operation == standing.operation

    @property
    def events(self) -> int:
        """How many events there were."""
        return self.counts.total()

    @property
    def process_count(self) -> int:
        """How many processes there were."""
        return len(self.processes) + self.forgotten_processes

    def name(self, identity: int | None) -> str:
        """The name of an object; "?" where none is known."""
        named = self.names.get(identity or 0)
        return named.name if named else "?"

    def process_name(self, pid: int | None) -> str:
        """The name of a process; "PID …" where none is known."""
        process = self.processes.get(pid or 0)
        return process.name if process else f"PID {pid}"

    def now_waiting(self) -> Iterator[Wait]:
        """The waits that have not ended, of processes that have not ended."""
        for process in self.processes.values():
            if process.alive:
                yield from process.waits.values()

    def findings(self, identity: str) -> Iterator[Event]:
        """The `finding` events with this id, also accepted ones."""
        return (event for event in (*self.found, *self.suspected, *self.accepted) if event.fields["id"] == identity)

    def stuck_waits(self) -> list[Wait]:
        """The waits that nothing can end any more, also those of processes that were ended in them."""
        return [
            wait for process in self.processes.values() for wait in process.waits.values() if wait.stuck is not None
        ]

    def is_joined(self, queue: Queue) -> bool:
        """Whether a thread waits until all items of this queue are reported done, or waited so for ever."""
        return any(
            (wait.kind, wait.object) == ("queue_join_waiting", queue.identity)
            for wait in (*self.now_waiting(), *self.stuck_waits())
        )

    def hangs(self) -> bool:
        """Whether the main thread of main is stuck now: the program cannot end by itself."""
        main = self.processes.get(self.main)
        wait = main.waits.get(MAIN_THREAD) if main else None
        return wait is not None and wait.stuck is not None

    def all_waits(self, kind: str, identity: int | None = None) -> Iterator[Wait]:
        """The waits of one kind, ended ones first, for one object or for all."""
        for waits in (self.waits, self.now_waiting()):
            for wait in waits:
                if wait.kind == kind and identity in (None, wait.object):
                    yield wait

    def waited(self, kind: str, identity: int | None = None) -> int:
        """ns that all processes together spent in waits of one kind, for one object or for all."""
        return sum(
            (self.t if wait.until is None else wait.until) - wait.since for wait in self.all_waits(kind, identity)
        )

    def process_named(self, name: str) -> Process | None:
        """The first process of that name."""
        return next((process for process in self.processes.values() if process.name == name), None)

    def lock_named(self, name: str) -> Lock | None:
        """The lock of that name."""
        return next((lock for lock in self.locks.values() if lock.name == name), None)

    def queue_named(self, name: str) -> Queue | None:
        """The queue of that name."""
        return next((queue for queue in self.queues.values() if queue.name == name), None)

    def pool_named(self, name: str) -> Pool | None:
        """The pool of that name."""
        return next((pool for pool in self.pools.values() if pool.name == name), None)

    def workers_of(self, pool: Pool) -> list[Process]:
        """The workers of a pool that have not ended."""
        workers = (self.processes[pid] for pid in pool.workers if pid in self.processes)
        return [worker for worker in workers if worker.alive and worker.pool == pool.identity]

    def pool_type(self, process: Process) -> str:
        """The type of the pool that this process works for; "" where it works for none."""
        pool = self.pools.get(process.pool or 0)
        return pool.type if pool else ""

    def narrated(self, text: str) -> Iterator[Event]:
        """The narrations with that text (the template, its placeholders unfilled)."""
        return (event for event in self.said if event.fields["text"] == text)
