"""How soon does `procsim explore` find the faults of programs that are published, and what does it say of cured ones?

Prints the rows of the table in `procsim guide explore`. Each program is given at most ten seconds.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from procsim.explore.executor import Executor
from procsim.explore.explorer import Budget, Explorer
from procsim.explore.faults import faults_of
from procsim.explore.outcomes import Exploration

PROGRAMS = Path(__file__).parent.parent / "programs" / "explored"
COMMANDS = """account, arithmetic_prog, bluetooth_driver, bounded_buffer, carter01, circular_buffer, din_phil 2,
din_phil 3, din_phil 4, din_phil 5, din_phil 6, din_phil 7, emptied, fsbench, phase01, stack, sync 1, sync 2,
token_ring, wronglock 1, wronglock 3, wronglock 7"""
"""Each with what stands on its command line; with `cured` behind that it has no fault."""

SECONDS = 10.0


def explored(words: list[str], progress: Callable[[Exploration], None] = lambda exploration: None) -> Exploration:
    """What the search finds within the budget; what goes wrong is not explained."""
    program, *arguments = words
    executor = Executor([str(PROGRAMS / f"{program}.py"), *arguments], faults_of)
    explorer = Explorer(executor, time.monotonic, Budget(seconds=SECONDS), progress=progress)
    try:
        explorer._try_all()
    finally:
        executor.close()
    explorer._tally()
    return explorer.exploration


def row(command: str) -> str:
    """Of one program: orders, executions, when its fault was found, in seconds, too; and what is said of its twin."""
    at: list[float] = []

    def note(exploration: Exploration) -> None:
        if exploration.wrong and not at:
            at.append(exploration.seconds)

    found, cured = explored(command.split(), note), explored([*command.split(), "cured"])
    first = min((outcome.first for outcome in found.wrong), default=None)
    cells = [
        command,
        f"{found.orders:,}" if found.tried_all else "",
        f"{found.executions}" + "+" * (not found.tried_all),
        str(first) if first else "not found",
        f"{at[0]:.1f}" if at else "",
        "wrong" if cured.wrong else "all right" if cured.is_right else "nothing wrong found",
    ]
    return f"| {' | '.join(cells)} |"


def main(commands: list[str]) -> None:
    for command in commands:
        print(row(command), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or [command.strip() for command in COMMANDS.split(",")])
