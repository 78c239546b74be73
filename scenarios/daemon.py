"""A daemon ends with the process it guards; main waits for the others.

Main starts a guard, works for a while, and is done long before the guard is. If the guard is a daemon, Python
terminates it when main ends. If it is not, main waits until the guard has ended. Main itself terminates its daemons, as
the last thing that it does: a main that is killed terminates none.
"""

import os
import signal
import time
from collections.abc import Iterator
from multiprocessing import Event, Process
from typing import TYPE_CHECKING, Annotated, Any

from procsim import Claim, Headline, say, start

if TYPE_CHECKING:
    from procsim.state.processes import Process as Seen
    from procsim.state.run_state import RunState

LAST_LINE = "has stood guard to the end"
TOO_LATE = "sets daemon = True after start(): {error}: {reason}"
"""What is said, and looked for in the run."""


def stand_guard(on_guard: Any, seconds: float, grandchild: bool) -> None:
    """The guard: it says its last line, unless it is terminated before."""
    say("is on guard, for {seconds} s", seconds=seconds)
    on_guard.set()
    if grandchild:
        Process(target=time.sleep, args=(seconds,)).start()  # raises: a daemon may not have children
    time.sleep(seconds)
    say(LAST_LINE)


OTHER_WAY = {"daemon": False}


def main(
    daemon: Annotated[bool, "whether the child is a daemon"] = True,
    set_after_start: Annotated[
        bool, "set daemon = True only after start(), which is too late", {"daemon": True}
    ] = False,
    grandchild: Annotated[
        bool,
        "let the daemon start a child of its own, which is forbidden",
        {"daemon": True, "set_after_start": False},
    ] = False,
    kill_main: Annotated[
        bool,
        "let main be killed (SIGKILL) instead of ending",
        {"daemon": True, "set_after_start": False, "grandchild": False},
    ] = False,
    child_seconds: Annotated[float, "seconds that the child works", range(13)] = 3.0,
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


def headline(run: "RunState", kill_main: bool, **_: Any) -> Headline | None:
    """Whether main or its child has ended, and what becomes of the other one."""
    main, guard = run.processes.get(run.main), run.process_named("guard")
    if main is None or guard is None:
        return None
    if guard.raised is not None:
        return Headline("the guard, a daemon, tried to start a child of its own, and failed", alarm=True)
    if kill_main and main.ended is not None:
        return Headline("main was killed, and its daemon lives on: nobody is there to end it", alarm=True)
    if main.returned is None:
        return Headline("main and its child, the guard, both work") if guard.alive else None
    if guard.daemon:
        cut_short = guard.exit_code == -signal.SIGTERM
        return (
            Headline("main has no more to do, so its daemon is ended too, in the middle of its work")
            if cut_short
            else None
        )
    if guard.alive:
        return Headline("main has no more to do, but waits: the guard is no daemon, and works on")
    return Headline("main waited until the guard was done: the guard is no daemon")


def always(run: "RunState", **_: Any) -> Iterator[Claim]:
    """Main never ends before its child does."""
    main, guard = run.processes[run.main], run.process_named("guard")
    if guard is not None and main.ended is not None:
        outlived = guard.ended is None or guard.ended > main.ended
        yield Claim(
            "outlived",
            not outlived,
            "the guard was still there when main had ended",
            broken="the guard outlives main",
        )


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
    if grandchild:
        yield may_have_no_children(guard)
    elif kill_main:
        yield outlives_a_killed_main(main, guard)
    elif guard is None or guard.ended is None or main.returned is None or main.ended is None:
        row = "D3" if set_after_start else "D1" if daemon else "D2"
        yield Claim(row, False, "main and the guard did not both run to their end", sentence="compare.no_guard")
    else:
        last_line_said = any(run.narrated(LAST_LINE))
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
        }
        waited_for = not guard.daemon and guard.exit_code == 0 and last_line_said and guard.ended <= main.ended
        cut_short = guard.daemon and guard.exit_code == -signal.SIGTERM and not last_line_said
        in_order = main.returned < guard.ended
        if set_after_start:
            yield set_too_late(run, waited_for, figures)
        elif daemon:
            yield terminated(cut_short and in_order and guard.ended <= main.ended, figures)
        else:
            yield awaited(waited_for and in_order, figures)


def terminated(holds: bool, figures: dict[str, Any]) -> Claim:
    """When main was done, and how its daemon ended then."""
    return Claim(
        "D1",
        holds,
        "main was done at {main_done} s, and its daemon was ended by SIGTERM at {child_ended} s (exit code "
        "{exit_code}): it never said its last line, which was due after {child_seconds} s",
        figures,
        sentence="D1.ended",
    )


def awaited(holds: bool, figures: dict[str, Any]) -> Claim:
    """How long main waited for a child that is not a daemon."""
    return Claim(
        "D2",
        holds,
        "main was done at {main_done} s, but waited {waited} s for its child, which said its last line and ended "
        "at {child_ended} s with exit code {exit_code}; only then did main end, at {main_ended} s",
        figures,
        sentence="D2.waited",
    )


def set_too_late(run: "RunState", waited_for: bool, figures: dict[str, Any]) -> Claim:
    """What daemon = True raised after start(), and what became of the child."""
    raised = run.narrated(TOO_LATE)
    error = next((event.fields["fields"] for event in raised), {"error": None, "reason": None})
    return Claim(
        "D3",
        error["error"] == "AssertionError" and waited_for,
        "daemon = True after start() raised {error}: {reason}; the child is not a daemon (daemon is {daemon}): it "
        "said its last line, and ended at {child_ended} s with exit code {exit_code}",
        figures | error,
        sentence="D3.set_after_start",
    )


def may_have_no_children(guard: "Seen | None") -> Claim:
    """What happened to the daemon that started a child."""
    if guard is None or guard.raised is None:
        return Claim("D4", False, "the child raised nothing", sentence="D4.nothing_raised")
    raised = guard.raised
    return Claim(
        "D4",
        guard.daemon and raised.fields["type"] == "AssertionError" and guard.exit_code == 1,
        "the daemon tried to start a child of its own, which raised {type} at {at}: {reason}; the daemon ended with "
        "exit code {exit_code}",
        {"at": raised.at, "type": raised.fields["type"], "reason": raised.fields["text"], "exit_code": guard.exit_code},
        sentence="D4.raised",
    )


def outlives_a_killed_main(main: "Seen", guard: "Seen | None") -> Claim:
    """How long the daemon lived on when main could not end it."""
    if guard is None or guard.ended is None or main.ended is None:
        return Claim("D5", False, "the guard never ran", sentence="D5.no_guard")
    return Claim(
        "D5",
        guard.daemon and main.exit_code == -signal.SIGKILL and main.returned is None and guard.ended > main.ended,
        "main was killed by SIGKILL at {main_ended} s and could not end its daemon (PID {child}), which lived on for "
        "{outlived} s as an orphan, until procsim ended it",
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
