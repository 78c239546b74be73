"""What could not be looked at, and why: a sentence for each reason, with the processes. Pure.

Look ──► notes_of ──► "PID 4713 runs no Python: …"
"""

from collections.abc import Iterator

from procsim.attach.look import Look
from procsim.attach.semaphores import identity_of
from procsim.language import N_, _

NAMED = 6
"""So many processes are named by their PIDs; more are counted."""

ENDED, NOT_PERMITTED, NAMESPACE, NO_PYTHON, LEFT_OUT = "ended", "not_permitted", "namespace", "no_python", "left_out"
VERSION, BUILD, NO_GIL, NARROW = "version", "build", "no_gil", "32_bit"
STOPPED, DEBUGGED = "stopped", "debugged"

STATES = {
    STOPPED: N_("stopped"),
    DEBUGGED: N_("stopped by a debugger"),
    NO_PYTHON: N_("runs no Python"),
    VERSION: N_("not read"),
    BUILD: N_("not read"),
    NO_GIL: N_("not read"),
    NARROW: N_("not read"),
}
"""What a process does, in the words of a row, where what it waits for is not known."""

WORDS = {
    NOT_PERMITTED: N_("{pids}: may not be looked at, so what it holds and waits for is not known"),
    NAMESPACE: N_("{pids}: in another PID namespace (a container, mostly), and not looked at"),
    VERSION: N_("{pids}: a Python of a version that procsim cannot read (it reads CPython 3.9 to 3.14)"),
    BUILD: N_("{pids}: a Python that procsim cannot read, such as PyPy, or one without its symbols"),
    NO_GIL: N_("{pids}: a Python without the GIL, which procsim cannot read"),
    NARROW: N_("{pids}: a program of 32 bits, which procsim cannot read"),
    NO_PYTHON: N_("{pids}: no Python; only its system calls, pipes and children are seen"),
    STOPPED: N_("{pids}: stopped, by Ctrl-Z or SIGSTOP; it may go on once somebody continues it"),
    DEBUGGED: N_("{pids}: under a debugger, which may let it go on"),
    LEFT_OUT: N_("{pids}: left out, by --only"),
    ENDED: N_("{pids}: ended while it was looked at"),
}
"""By reason, in the order in which they are said."""


def notes_of(look: Look) -> list[str]:
    """The sentences."""
    found: dict[str, list[int]] = {}
    for pid, reason in _reasons(look):
        found.setdefault(reason, []).append(pid)
    return [_(words).format(pids=_pids(found[reason])) for reason, words in WORDS.items() if reason in found]


def states_of(look: Look) -> dict[int, str]:
    """What those processes do of which it is not known what they wait for, by PID."""
    found = {each.pid: _("not looked at") for each in look.unseen if each.reason != ENDED}
    for pid, process in look.processes.items():
        reason = (DEBUGGED if process.debugger else STOPPED) if process.stopped else process.gap
        if reason in STATES:
            found[pid] = _(STATES[reason])
    return found


def unknown_of(look: Look) -> str:
    """Why it is not known whether the program hangs; empty: it was looked at."""
    asked = look.processes[look.asked]
    if asked.stopped:
        return _("it is not known whether it hangs: PID {pid} is stopped").format(pid=look.asked)
    if not any(process.python for process in look.processes.values()):
        return _("it is not known whether it hangs: no Python was found in it that procsim can read")
    return ""


def held_elsewhere(look: Look) -> set[int]:
    """The identities of the locks that are held, but by none of the processes that were looked at."""
    values = {file: seen.value for each in look.processes.values() for file, seen in each.semaphores.items()}
    held = {hold.semaphore for each in look.processes.values() for hold in each.holds if hold.count > 0}
    unread = {file for each in look.processes.values() for file in each.unread}
    free = {file for file, value in values.items() if value}
    return {identity_of(file) for file in values.keys() - free - held if look.unseen or file in unread}


def _reasons(look: Look) -> Iterator[tuple[int, str]]:
    yield from ((each.pid, each.reason) for each in look.unseen)
    for pid, process in look.processes.items():
        if process.debugger:
            yield pid, DEBUGGED
        elif process.stopped:
            yield pid, STOPPED
        if process.gap:
            yield pid, process.gap


def _pids(pids: list[int]) -> str:
    shown = _(", ").join(_("PID {pid}").format(pid=pid) for pid in sorted(pids)[:NAMED])
    more = len(pids) - NAMED
    return shown if more <= 0 else f"{shown} {_('… and {count} more').format(count=more)}"
