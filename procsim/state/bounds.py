"""How much is kept of a run, so that procsim's memory has a bound however long the run may be.

2,000 processes and 2,000 locks, queues, signals and pools are known, those used last; 200 files, values and objects in
managers, 20,000 ended waits and narrations. The totals go on. What is alive or held is never forgotten
(`forgetting.py`). The first queue keeps 100,000 items, as many as a lesson can make, and each further one fewer
(`share`), so that all queues together have a bound too.

Full to all of these bounds at once, procsim takes about 225 MiB. To that come:

- up to 16 MiB of events that are not applied yet (`intake/drain.py`), where a program emits them faster than procsim
  applies them;
- in the live view, 48 MiB of the run's past (`past.py`), and a second state while an earlier moment is shown;
- 100 bytes for each pair of a process and a lock or queue that it has used;
- 250 bytes for each thing that a process has waited for, up to WAITED_KEPT;
- for each living process that emits faster, 0.5 MiB (its slot of shared memory, once in memory and once read) and up to
  2 MiB for the events that it has interned. Measured: 100 MB for 100 processes that do nothing but acquire locks.

`python -m tests.bench.load` measures this with programs.
"""

# Processes and objects ---------------------------------------------------------------------------------------

PROCESSES_KEPT = 2_000

OBJECTS_KEPT = 2_000
"""Locks, queues, pools, and signals, so many of each."""

NAMES_KEPT = 20_000
"""Names of objects, also of objects that were forgotten."""

CELLS_KEPT = 200
"""How many files, Values, Arrays and objects in managers are kept, with who read and wrote them."""

GAUGES_KEPT = 1_000

# The past ----------------------------------------------------------------------------------------------------

LINES_KEPT = 1_000
"""Narrated and printed lines that are kept, the last ones."""

CHARACTERS_KEPT = 4_000_000
"""Characters of all printed lines that are kept."""

LONG_LINE = CHARACTERS_KEPT // LINES_KEPT
"""How many characters each of LINES_KEPT lines may have, so that together they have CHARACTERS_KEPT."""

NARRATIONS_KEPT = 20_000
WAITS_KEPT = 20_000
RAISED_KEPT = 1_000
REFUSED_KEPT = 1_000
"""Narrations, ended waits, exceptions and refused operations that claims and findings may count, the last ones."""

CALLS_KEPT = 1_000
"""Of one pool: lines that submit calls to it, processes that use it, and jobs in which a task has raised, the first
ones."""

HAPPENED_KEPT = 40
"""Events that people read as sentences, the last ones."""

STEPS_KEPT = 1_000
"""Times of steps through the gate that are kept, the last ones."""

# Of one object or process ------------------------------------------------------------------------------------

MARKS_KEPT = 40
"""What one process has read, written, put and taken, the last times: more do not fit into a lane."""

WAITED_KEPT = 100
"""Things that one process has waited for and that are kept apart, the first ones; and so many of all processes together
that were forgotten."""

ITEMS_KEPT = 100_000
"""Items put into the first queue, and items taken from it; see `share`."""

OPERATIONS_KEPT = 4_096
"""How many of the last puts and gets of a queue are kept with the process that made them."""

USERS_KEPT = 3_000
"""Processes that use the first file or Value; see `share`."""

WRITES_KEPT = 32
"""Writes to one file, one Value, or one part of an Array or a dict, of which a later one may overwrite some: the last
ones."""

RANGES_KEPT = 64
WRITES_OF_A_RANGE = 8
"""Parts of the first Array or dict whose last writes are kept apart, and how many of each; see `share`."""

READS_KEPT = 64
"""Places of one Array or dict of which it is kept what one process has read and not yet written, the last ones."""

PLACES_KEPT = 1_000
"""Places of one Array or dict of which lost updates are counted one by one; of all others, each overwriting write."""

PAIRS_KEPT = 10
"""Lost updates of one file or object that are kept with both sides, the first ones; all are counted."""

UPDATES_KEPT = 64
"""Updates of one file that a later one may turn out not to be ordered with, the last ones; see `races.py`."""

WATCHED_KEPT = 500
"""Files, and entries of objects, whose updates are looked at for races, the last ones."""

CLOCKS_KEPT = 4_000
"""Objects through which processes hand on what they know; what was handed on through others counts for all."""

COUNTED_KEPT = 200
"""Processes whose updates are told apart."""

POINTS_KEPT = 2_000
"""Points of a curve; past that every other one is dropped."""

SPANS_KEPT = 10_000
SPANS_OF_ONE = 300
SPANS_AT_LEAST = 20
"""Spans of the histories of all processes together, of one at the most, and of one at the least."""

GRAIN_NS = 100_000
"""Changes within one grain become one span, with the most telling status. It doubles where there are too many spans."""

FEWEST_KEPT = 16


def share(most: int, number: int) -> int:
    """How many the `number`-th object of its kind may keep, where the first may keep `most`.

    All together keep less than twice `most`, since 1 + 1/4 + 1/9 + … is π²/6; but each may keep FEWEST_KEPT.
    """
    return max(FEWEST_KEPT, most // number**2)
