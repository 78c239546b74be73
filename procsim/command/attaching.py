"""Shows a program that runs already, as the options ask: once, or again every second.

PID or word ──► process ──► session ──► text, JSON or the screen ──► exit code
"""

import sys
from typing import Literal

from procsim.errors import WrongUse
from procsim.language import _
from procsim.session.report import Report, Severity
from procsim.views.base import View

AttachedViewName = Literal["plain", "live", "json"]


def attach(
    word: str, only: bool, view: AttachedViewName | None, stacks: bool, values: bool, fail_on: Severity | None
) -> int:
    """Look at the program that a PID or a word means. Returns the exit code of the command.

    `only`: the one process alone. `stacks`: show where each thread stands; `values`: with the values of its variables.
    Raises `ProcsimError`.
    """
    from procsim.attach.target import process_meant
    from procsim.session.attached import Wanted, show_attached
    from procsim.views.attached import Attached

    report = Report(fail_on=fail_on)
    if view == "live":
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise WrongUse(_("--view live needs a terminal; use --view plain or --view json here"))
        from procsim.session.attached import watch_attached
        from procsim.views.live.attached import AttachedScreen

        return watch_attached(process_meant(word), Wanted(only, values), AttachedScreen(), report)

    def make_view(attached: Attached) -> View:
        if view == "json":
            from procsim.views.attached_json import AttachedJson

            return AttachedJson(sys.stdout, attached)
        from procsim.views.attached import AttachedView
        from procsim.views.console import console

        return AttachedView(console(sys.stdout), attached, with_stacks=stacks or values)

    return show_attached(process_meant(word), Wanted(only, values), make_view, report)
