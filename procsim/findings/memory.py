"""Blocks of shared memory that were made and never unlinked."""

from collections import Counter
from collections.abc import Iterator

from procsim.findings.base import Finding, Outcome
from procsim.state.run_state import RunState


def memory_left(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """Nobody has unlinked what a process had made, and nothing else went wrong with it: one finding for each line.

    What the resource tracker was told to forget, or was never told of, may be left on purpose.
    """
    main = run.processes.get(run.main)
    if outcome.ended_early or run.found or main is None or main.exit_code != 0:
        return
    left = Counter((event.pid, event.at) for event in run.memory_left.values() if event.at)
    for (pid, at), count in left.items():
        process = run.processes.get(pid)
        if process is not None and process.exit_code == 0:
            yield Finding(
                "memory_left",
                "shared memory that {process} made⟨ at {at}⟩ was never unlinked: it is left to Python's resource "
                "tracker, which removes it with a warning; blocks: {count}",
                {"process": process.name, "pid": pid, "at": at, "count": count},
                "call unlink() once, where all others have called close(): in a `finally` of the process that ends "
                "last",
            )
