"""Why the system does not let us look at a process, and what would: another user's, ptrace_scope, a container.

See ptrace(2), "Ptrace access mode checking", and the documentation of Yama in that of the kernel.
"""

import os
import pwd
from pathlib import Path
from typing import NamedTuple

from procsim.language import N_, _

PTRACE_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
"""Who may read the memory of a process of the same user: 0, all; 1, its ancestors alone; 2, root; 3, nobody."""

NOBODY_MAY = 3


class Refused(NamedTuple):
    """What is known of a process that may not be looked at."""

    pid: int
    owner: int
    """The number of the user whose process it is."""
    ours: int
    """That of the user whose process procsim is."""
    scope: int
    """What PTRACE_SCOPE has; 0 where there is no such file."""


def refused(pid: int) -> Refused:
    """What is known of this process."""
    try:
        owner = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        owner = os.geteuid()
    try:
        scope = int(PTRACE_SCOPE.read_text())
    except (OSError, ValueError):
        scope = 0
    return Refused(pid, owner, os.geteuid(), scope)


def refusal_words(known: Refused) -> str:
    """One line: whose process it is, or which right is missing, and what to do."""
    figures = {"pid": known.pid, "owner": _name(known.owner), "user": _name(known.ours), "scope": known.scope}
    return _(_template(known)).format(**figures)


def _template(known: Refused) -> str:
    if known.scope >= NOBODY_MAY:
        return N_("process {pid} may not be looked at: ptrace_scope is {scope}, and nobody may until the next boot")
    if known.ours == 0:
        return N_(
            "process {pid} may not be looked at: root lacks CAP_SYS_PTRACE here, as in most containers"
            " (docker run --cap-add SYS_PTRACE)"
        )
    if known.owner != known.ours:
        return N_("process {pid} belongs to {owner}, and {user} may not look at it: sudo procsim attach {pid}")
    if known.scope:
        return N_(
            "process {pid} may not be looked at: ptrace_scope is {scope}, which allows it to root alone:"
            " sudo procsim attach {pid}"
        )
    return N_("process {pid} may not be looked at, as it has changed its user or its rights: sudo procsim attach {pid}")


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
