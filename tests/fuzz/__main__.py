"""`python -m tests.fuzz [SEED [RECORDINGS [COMMANDS]]]`: damaged recordings are replayed.

By default 10,000 of them in one process, and 300 by whole commands in each view.
"""

import sys

from tests.fuzz.replays import by_commands, in_one_process


def main(seed: int = 0, recordings: int = 10_000, commands: int = 300) -> int:
    """Prints what became of them; 1: something did that must not."""
    faults = 0
    for name, replays, count in (
        ("in one process", in_one_process, recordings),
        ("by commands", by_commands, commands),
    ):
        outcome = replays(range(seed, seed + count))
        print(f"{name}: {outcome}", *outcome.faults[:20], sep="\n  ", flush=True)
        faults += len(outcome.faults)
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
