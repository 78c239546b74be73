"""What does one event cost the process that it happens in?

`operations.py` does one operation COUNT times: as it is, and as procsim runs it, with its events drawn into a state by
this process meanwhile. The difference is what the operation's events cost, in ns each.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from procsim.apply import apply
from procsim.run import Order, Run
from procsim.state import RunState
from procsim.tracer.inject import Settings
from tests.bench.operations import COUNT, OPERATIONS
from tests.bench.report import Figure, alternating, main

ROUNDS = 7
PROGRAM = Path(__file__).with_name("operations.py")


def measure() -> list[Figure]:
    """For each operation: with the tracer, without, and what is between."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="procsim-bench-") as folder:
        result = Path(folder, "ns")
        for operation in OPERATIONS:
            command = [sys.executable, str(PROGRAM), operation, str(result)]
            events = 0

            def plain(command: list[str] = command) -> float:
                subprocess.run(command, check=True)
                return float(result.read_text())

            def traced(command: list[str] = command) -> float:
                nonlocal events
                state = RunState()
                with Run(Order(command, Settings(take_output=False), apart=False)) as run:
                    for batch in run:
                        for event in batch:
                            apply(state, event)
                events = round(state.events / COUNT)
                return float(result.read_text())

            ns = alternating({"plain": plain, "traced": traced}, ROUNDS)
            what = f"one event of {operation}: {ns['plain']:,.0f} ns become {ns['traced']:,.0f} with {events} events"
            figures.append(Figure(what, (ns["traced"] - ns["plain"]) / max(1, events), "ns"))
    return figures


if __name__ == "__main__":
    main(measure)
