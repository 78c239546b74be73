"""The headline: what a run is about, in figures that move, and in the end what has happened.

a scenario's own `headline`; or the worst finding, lost updates, a full queue, the most wanted lock ──► Headline
"""

from collections import Counter
from collections.abc import Callable, Mapping

from procsim import Headline
from procsim.language import N_
from procsim.state.run_state import RunState

FOUND: Mapping[str, str] = {
    "lock_cycle": N_("DEADLOCK: each waits for a lock that the next one holds"),
    "lock_twice": N_("{process} waits for itself: it holds {object} already"),
    "holder_dead": N_("{holder} has ended and still holds {object}: nobody can release it"),
    "holder_waits": N_("{holder} holds {object} and waits itself: nobody gets it"),
    "tasks_not_done": N_("{gots} taken, {done} reported done: {process} waits for reports for ever"),
    "get_nobody_puts": N_("nobody is left to put into {object}: {process} waits for ever"),
    "put_nobody_gets": N_("nobody is left to take from {object}: {process} waits for ever"),
    "join_before_get": N_("{process} joins before it takes the results: both wait for ever"),
    "event_nobody_sets": N_("nobody is left to set {object}: {process} waits for ever"),
    "condition_nobody_notifies": N_("nobody is left to notify {object}: {process} waits for ever"),
    "barrier_nobody_comes": N_("nobody else comes to {object}: {process} waits for ever"),
}
"""What is said of a hang, by the id of its finding."""

HANGS = N_("HANGS: {process} waits for ever")


def headline_of(run: RunState, own: Callable[[RunState], Headline | None] | None) -> Headline:
    """The headline of a run. `own`: the scenario's; where it fails, a line says so."""
    if own is not None:
        try:
            headline = own(run)
        except Exception as error:  # the scenario's code
            return Headline(N_("headline() raised {error}: {reason}"), {"error": type(error).__name__, "reason": error})
        if headline is not None:
            return headline
    return _found(run) or _lost(run) or _busiest(run) or _processes(run)


def _found(run: RunState) -> Headline | None:
    if not run.found:
        return None
    fields = run.found[0].fields
    template, figures = FOUND.get(fields["id"], HANGS), dict(fields["figures"])
    if "process" not in figures:
        return Headline(N_("HANGS: nothing will happen any more"), alarm=True)
    known = all(
        "{" + name + "}" not in template for name in ("holder", "object", "gots", "done") if name not in figures
    )
    return Headline(template if known else HANGS, figures, alarm=True)


def _lost(run: RunState) -> Headline | None:
    lost = sum(cells.lost for cells in run.cells.values())
    if not lost:
        return None
    return Headline(N_("LOST UPDATES: {count}. A process wrote over what it had not seen"), {"count": lost}, alarm=True)


def _busiest(run: RunState) -> Headline | None:
    waiting = {(wait.kind, wait.object): wait.process for wait in run.now_waiting()}
    for queue in run.queues.values():
        figures = {"queue": queue.name, "depth": queue.depth, "size": queue.maxsize}
        putter = waiting.get(("queue_put_waiting", queue.identity))
        taker = waiting.get(("queue_get_waiting", queue.identity))
        if putter is not None:
            return Headline(
                N_("{queue} is FULL, {depth} of {size}: {process} waits for room"), figures | {"process": putter}
            )
        if taker is not None and not queue.depth and queue.puts:
            return Headline(N_("{queue} is EMPTY: {process} waits for an item"), figures | {"process": taker})
    waits = Counter(wait.object for wait in run.now_waiting() if wait.object in run.locks)
    for identity, count in waits.most_common(1):
        holders = [run.process_name(pid) for pid in run.locks[identity or 0].holders]
        if holders:
            figures = {"lock": run.name(identity), "holder": holders[0], "count": count}
            return Headline(N_("{holder} holds {lock}; waiting for it: {count}"), figures)
    return None


def _processes(run: RunState) -> Headline:
    alive = sum(process.alive for process in run.processes.values())
    return Headline(N_("{alive} of {count} processes run"), {"alive": alive, "count": run.process_count})
