"""What procsim says in one line on standard error: what is wrong with its use, or with itself."""

import sys
from pathlib import Path

from procsim.harmless import harmless

LONGEST = 2_000
"""Characters of a line: a recording's name of a scenario, say, has no bound of its own."""


def complain(text: str) -> None:
    """Say it. Where standard error cannot be written, there is nobody to read it."""
    line = harmless(" ".join(text.split()))
    try:
        print(f"procsim: {line if len(line) <= LONGEST else line[: LONGEST - 1] + '…'}", file=sys.stderr, flush=True)
    except OSError:
        from procsim.views.base import forget_output

        forget_output(sys.stderr)


def fault_of(error: BaseException) -> str:
    """A fault of ours in one line: the exception, and the line of ours that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "?"
    return ": ".join(filter(None, (type(error).__name__, str(error)))) + f" ({place})"
