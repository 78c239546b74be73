"""A daemon ends with the process it guards; main waits for the others.

Main starts a guard, works for a while, and is done long before the guard's watch is over. A daemon is not asked to
finish: as main ends, it is terminated in mid-watch. Without `daemon = True`, main cannot end before the guard has.
It is main's own last act that ends its daemons: a main that is killed ends none.
"""

import os
import signal
import time
from collections.abc import Iterator
from multiprocessing import Event, Process
from typing import TYPE_CHECKING, Annotated, Any

from procsim import Claim, say, start

if TYPE_CHECKING:
    from procsim.state.processes import Process as Seen
    from procsim.state.run_state import RunState

LAST_LINE = "has stood guard to the end"
TOO_LATE = "sets daemon = True after start(): {error}: {reason}"
"""What is said, and looked for in the run."""


def stand_guard(on_guard: Any, seconds: float, grandchild: bool) -> None:
    """The guard: it has a last line to say, if it is let."""
    say("is on guard, for {seconds} s", seconds=seconds)
    on_guard.set()
    if grandchild:
        Process(target=time.sleep, args=(seconds,)).start()  # raises: it would be left behind when we are terminated
    time.sleep(seconds)
    say(LAST_LINE)


OTHER_WAY = {"daemon": False}


def main(
    daemon: Annotated[bool, "whether the child is a daemon"] = True,
    set_after_start: Annotated[bool, "set daemon = True only after start(), which is too late"] = False,
    grandchild: Annotated[bool, "let the daemon start a child of its own, which it may not"] = False,
    kill_main: Annotated[bool, "let main be killed (SIGKILL) instead of ending"] = False,
    child_seconds: Annotated[float, "seconds that the child has to do", range(13)] = 3.0,
    main_seconds: Annotated[float, "seconds that main works before it is done", range(13)] = 0.7,
) -> None:
    on_guard = Event()
    guard = Process(target=stand_guard, name="guard", args=(on_guard, child_seconds, grandchild))
    if daemon and not set_after_start:
        guard.daemon = True
    guard.start()
    if set_after_start:
        try:
            guard.daemon = True
        except AssertionError as error:
            name, reason = type(error).__name__, str(error)
            say(TOO_LATE, error=name, reason=reason)
    on_guard.wait()
    if grandchild:
        guard.join()
    say("works for {seconds} s", seconds=main_seconds)
    time.sleep(main_seconds)
    if kill_main:
        say("is killed")
        os.kill(os.getpid(), signal.SIGKILL)
    say("has no more to do")


def claims(
    run: "RunState",
    daemon: bool,
    set_after_start: bool,
    grandchild: bool,
    kill_main: bool,
    child_seconds: float,
    **_: Any,
) -> Iterator[Claim]:
    main, guard = run.processes[run.main], run.process_named("guard")
    if grandchild or kill_main:
        yield may_have_no_children(guard) if grandchild else outlives_a_killed_main(main, guard)
        return
    row = "D3" if set_after_start else "D1" if daemon else "D2"
    if guard is None or guard.ended is None or main.returned is None or main.ended is None:
        yield Claim(row, False, "the guard never stood beside main from beginning to end", sentence="compare.no_guard")
        return
    last_line_said = any(run.narrated(LAST_LINE))
    too_late = run.narrated(TOO_LATE)
    error = next((event.fields["fields"] for event in too_late), {"error": None, "reason": None})
    figures = {
        "main_done": seconds(main.returned),
        "main_ended": seconds(main.ended),
        "child": guard.pid,
        "child_ended": seconds(guard.ended),
        "exit_code": guard.exit_code,
        "daemon": guard.daemon,
        "last_line_said": last_line_said,
        "child_seconds": child_seconds,
        "waited": seconds(max(0, guard.ended - main.returned)),
        **error,
    }
    waited_for = not guard.daemon and guard.exit_code == 0 and last_line_said and guard.ended <= main.ended
    if set_after_start:
        yield Claim(
            row,
            error["error"] == "AssertionError" and waited_for,
            "after start() it raised {error}: {reason}; the child is no daemon (daemon is {daemon}), said its last "
            "line, and ended at {child_ended} s with exit code {exit_code}",
            figures,
            sentence="D3.set_after_start",
        )
    elif daemon:
        cut_short = guard.exit_code == -signal.SIGTERM and not last_line_said
        yield Claim(
            row,
            guard.daemon and cut_short and main.returned < guard.ended <= main.ended,
            "main was done at {main_done} s, and so its daemon was ended at {child_ended} s by SIGTERM (exit code "
            "{exit_code}); its last line, due after {child_seconds} s, was never said",
            figures,
            sentence="D1.ended",
        )
    else:
        yield Claim(
            row,
            waited_for and main.returned < guard.ended,
            "main was done at {main_done} s, but waited {waited} s for its child: that said its last line, ended at "
            "{child_ended} s with exit code {exit_code}, and only then main ended, at {main_ended} s",
            figures,
            sentence="D2.waited",
        )


def may_have_no_children(guard: "Seen | None") -> Claim:
    """What happened to the daemon that started a child."""
    if guard is None or guard.raised is None:
        return Claim("D4", False, "the child raised nothing", sentence="D4.nothing_raised")
    raised = guard.raised
    return Claim(
        "D4",
        guard.daemon and raised.fields["type"] == "AssertionError" and guard.exit_code == 1,
        "the daemon started a child of its own, and in it, at {at}, {type} was raised: {reason}; "
        "it ended with exit code {exit_code}",
        {"at": raised.at, "type": raised.fields["type"], "reason": raised.fields["text"], "exit_code": guard.exit_code},
        sentence="D4.raised",
    )


def outlives_a_killed_main(main: "Seen", guard: "Seen | None") -> Claim:
    """How long the daemon lived on when main could not end it."""
    if guard is None or guard.ended is None or main.ended is None:
        return Claim("D5", False, "the guard never stood beside main", sentence="D5.no_guard")
    return Claim(
        "D5",
        guard.daemon and main.exit_code == -signal.SIGKILL and main.returned is None and guard.ended > main.ended,
        "main was killed by SIGKILL at {main_ended} s and could end nobody: its daemon (PID {child}) lived on for "
        "{outlived} s, an orphan, until procsim ended it",
        {
            "main_ended": seconds(main.ended),
            "child": guard.pid,
            "child_ended": seconds(guard.ended),
            "outlived": seconds(guard.ended - main.ended),
        },
        sentence="D5.orphan",
    )


def seconds(ns: int) -> float:
    """ns as seconds, to the millisecond."""
    return round(ns / 1e9, 3)


if __name__ == "__main__":
    start(main)
