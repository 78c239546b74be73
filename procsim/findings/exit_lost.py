"""A process has ended, and its parent is told again and again that it lives: nobody has its exit code.

multiprocessing learns that a child has ended from its exit code, which the system gives once. Where SIGCHLD is ignored,
the system keeps none; and what waits for any child, such as a handler of SIGCHLD, may have taken it.
"""

from collections.abc import Iterator

from procsim.findings.base import Finding, Outcome
from procsim.findings.causes import Figures
from procsim.language import N_
from procsim.state.run_state import RunState

OFTEN = 2
"""So often it was told that it lives after procsim knew its end: the first time it may have asked before."""


def exit_codes_lost(run: RunState, outcome: Outcome | None = None) -> Iterator[Finding]:
    """One for each such child. `outcome`: None while the program still runs."""
    known = {finding.fields["figures"]["child_pid"] for finding in run.findings("exit_code_lost")}
    for child in run.processes.values():
        asked = child.polled
        if child.pid not in known and asked is not None and child.polled_after_end >= OFTEN:
            figures = {
                "process": run.process_name(asked.pid),
                "pid": asked.pid,
                "at": asked.at,
                "child": child.name,
                "child_pid": child.pid,
            }
            yield _finding(figures, asked.fields.get("sigchld", ""))


def _finding(figures: Figures, sigchld: str) -> Finding:
    if sigchld == "ignored":
        return Finding(
            "exit_code_lost",
            "{process} asks⟨ at {at}⟩ again and again whether {child} still lives, and is told that it does, but it "
            "has ended: since {process} ignores SIGCHLD, the system has kept no exit code of it",
            figures,
            "do not set SIGCHLD to SIG_IGN in a process that starts others: signal.signal(SIGCHLD, SIG_DFL)",
            sentence="exit_code_lost.ignored",
        )
    if sigchld == "handled":
        return Finding(
            "exit_code_lost",
            "{process} asks⟨ at {at}⟩ again and again whether {child} still lives, and is told that it does, but it "
            "has ended: its exit code was taken by somebody else, most likely by the handler of SIGCHLD",
            figures,
            ONLY_ITS_OWN,
            sentence="exit_code_lost.handled",
        )
    return Finding(
        "exit_code_lost",
        "{process} asks⟨ at {at}⟩ again and again whether {child} still lives, and is told that it does, but it has "
        "ended: its exit code was taken by somebody else",
        figures,
        ONLY_ITS_OWN,
    )


ONLY_ITS_OWN = N_(
    "wait for no child that multiprocessing has started: no os.wait(), and os.waitpid() only with the PID of one of "
    "your own"
)
