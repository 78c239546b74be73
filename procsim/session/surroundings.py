"""Commands that run a program in other surroundings: with the keyboard, or with another Python's modules."""

import os
import shlex
import shutil
import subprocess
import sys

from procsim.running.order import Order

PATIENCE_SECONDS = 10.0
"""How long another Python gets to print where it is installed."""


def with_keyboard(order: Order) -> str:
    """The command that gives a program the keyboard; "" where it has the standard input that procsim was given."""
    if order.isolated:
        return shlex.join(["python", *order.command[1:]])
    if not order.keyboard:
        return ""
    command = order.command[1:] if order.command[0] == sys.executable else ["--", *order.command]
    return shlex.join(["procsim", "watch", "--view", "plain", *command])


def with_other_python(order: Order) -> str:
    """The command that runs a program by the Python that `python` is for people, where procsim's own has run it.

    "" where these are the same, or there is no other.
    """
    if order.isolated or order.command[0] != sys.executable:
        return ""
    for name in ("python", "python3"):
        if shutil.which(name):
            prefix = _prefix_of(name)
            other = prefix and os.path.realpath(prefix) != os.path.realpath(sys.prefix)
            return shlex.join(["procsim", "watch", "--", name, *order.command[1:]]) if other else ""
    return ""


def _prefix_of(python: str) -> str:
    """Where a Python is installed, as it prints itself: `python` may be a script that chooses one (pyenv)."""
    try:
        done = subprocess.run(
            [python, "-c", "import sys; print(sys.prefix)"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return done.stdout.strip()
