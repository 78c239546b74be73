"""The headline: what a run is about, in figures that move, and in the end what has happened.

a scenario's own `headline`; or the worst finding, lost updates, a full queue, the most wanted lock ──► a sentence
"""

from collections import Counter
from collections.abc import Callable, Mapping

from procsim import Headline
from procsim.findings.probable import suspicions
from procsim.language import N_, _
from procsim.sentences import places
from procsim.state.run_state import RunState
from procsim.views.base import clean
from procsim.views.text.words import localized, processes_words, waiting_words

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
    "item_dropped": N_("an item of {object} was dropped: {process} waits for it for ever"),
    "reader_dead": N_("{reader} ended while it took from {object}: nobody else can take from it"),
    "sleeper_dead": N_("{sleeper} will never wake up: {process} waits for that for ever"),
    "start_nobody_reads": N_("{child} has ended before it began: {process} waits in start() for ever"),
    "terminated_in_vain": N_("{child} was told to end and waits on: {process} waits for its end for ever"),
    "forked_beside_threads": N_("{process} waits for a lock from before its fork: nobody can release it"),
    "own_thread_missing": N_("{process} has no other thread and waits for one for ever"),
    "pool_worker_died": N_("{process} ended in the middle of a task of {object}: the result never comes"),
    "pool_thread_died": N_("a thread of {object} has ended: no result comes any more"),
    "pool_in_child": N_("the threads of {object} are in another process: {process} waits for ever"),
    "pool_no_worker": N_("{object} has no worker left: {open} tasks wait for ever"),
    "pool_callback_raised": N_("{callback} raised a KeyError, which {object} drops: {process} waits for ever"),
    "pool_in_import": N_("{object} needs {module}, which {process} is still importing: both wait for ever"),
    "pool_terminated": N_("{object} was terminated: the result that {process} waits for never comes"),
    "pool_worker_killed": N_("{process} was killed with a lock of {object}: its workers wait for ever"),
    "exit_code_lost": N_("{process} is told that {child} still lives, and it has ended"),
    "pool_initializer_raises": N_("{object} starts workers for ever: each ends in {initializer}"),
    "errors_unseen": N_("errors of {function} that nobody has asked for: {count}"),
    "empty_too_early": N_("{takers} found {object} empty, and left: {count} items are never taken"),
    "barrier_nobody_comes": N_("nobody else comes to the barrier {object}: {process} waits for ever"),
}
"""What is said of a hang, by the id of its finding."""


def headline_of(run: RunState, own: Callable[[RunState], Headline | None] | None) -> tuple[str, bool]:
    """The headline of a run, in the chosen language, and whether it is an alarm.

    `own`: the scenario's; where it raises, or returns what is no headline, a line says so.
    """
    if own is not None:
        try:
            headline = own(run)
            if headline is not None:
                return _words(headline)
        except (Exception, SystemExit) as error:  # the scenario's code
            figures = {"error": type(error).__name__, "reason": _reason(error)}
            return _words(Headline(N_("headline() raised {error}: {reason}"), figures))
    return _words(_found(run) or _suspected(run) or _lost(run) or _busiest(run) or _processes(run))


def _words(headline: Headline) -> tuple[str, bool]:
    if not isinstance(headline, Headline):
        words = _("headline() must return a procsim.Headline or None, not {type}")
        return clean(words.format(type=type(headline).__name__)), False
    return localized(str(headline.text), headline.figures), bool(headline.alarm)


def _reason(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # its __str__ is the scenario's code, too
        return ""


def _found(run: RunState) -> Headline | None:
    if not run.found:
        return None
    fields = run.found[0].fields
    template, figures = FOUND.get(fields["id"]), fields["figures"]
    if template is not None and places(template) <= figures.keys():
        return Headline(template, figures, alarm=True)
    waiting = [wait.process for wait in sorted(run.stuck_waits(), key=lambda wait: wait.pid != run.main)]
    if not waiting:
        return Headline(N_("HANGS: nothing will happen any more"), alarm=True)
    process = figures["process"] if figures.get("process") in waiting else waiting[0]
    return Headline(N_("HANGS: {process} waits for ever"), {"process": process}, alarm=True)


def _suspected(run: RunState) -> Headline | None:
    main = run.processes.get(run.main)
    if main is None or main.returned is not None:
        return None
    for finding in suspicions(run):
        figures = {"process": finding.figures.get("process", "?")}
        kind, name = str(finding.figures.get("kind") or ""), str(finding.figures.get("object") or "")
        if not kind:  # of an older recording
            return Headline(N_("probably hangs: {process} waits"), figures)
        return Headline(N_("probably hangs: {process} {waits}"), figures | {"waits": waiting_words(kind, name, name)})
    return None


def _lost(run: RunState) -> Headline | None:
    lost = sum(cells.lost for cells in run.cells.values())
    if not lost:
        return None
    return Headline(N_("LOST UPDATES: {count}. A process wrote over what it had not seen"), {"count": lost}, alarm=True)


def _busiest(run: RunState) -> Headline | None:
    waiting = {(wait.kind, wait.object): wait.process for wait in run.now_waiting()}
    for queue in run.queues.values():
        figures = {"queue": queue.name, "depth": queue.depth, "size": queue.maxsize}
        putter = waiting.get(("queue_put_waiting", queue.identity)) if queue.maxsize else None
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
    return Headline(
        N_("{processes}, running: {alive}"), {"alive": alive, "processes": processes_words(run.process_count)}
    )
