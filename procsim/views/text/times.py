"""Where the time of a run went, in a few lines: what main waited for, how busy workers were, what others waited for.

    RunState ──► procsim.state.times ──► times_lines ──► "MainProcess waited 2.10 s of its 2.71 s for results of pool"

The most telling lines come first. What took less than LEAST_SHARE of the run is left out.
"""

from collections.abc import Iterator, Mapping, Sequence

from procsim.language import N_, _, listed
from procsim.state.objects import Pool
from procsim.state.processes import SLEEP
from procsim.state.run_state import RunState
from procsim.state.times import ThingTimes, Times, Waits, times_of
from procsim.views.base import seconds
from procsim.views.text.words import counted, localized, processes_words

LEAST_SHARE = 0.01

THINGS_LISTED = 5
"""At most so many pools, and so many other things, have a line each."""

WAITS_LISTED = 3
"""At most so many waits are listed of main."""

NAMED = 4
"""So many processes have a figure each; of more, the least and the greatest are shown."""

POOL = N_(
    "{object}: {workers}, at a task {shares} of the time; the longest of {tasks} took {time}: {function}⟨ ({at})⟩"
)

FOR: Mapping[str, str] = {
    SLEEP: N_("asleep"),
    "process_start_waiting": N_("for processes to read their arguments"),
    "process_join_waiting": N_("for processes to end"),
    "lock_waiting": N_("for {object}"),
    "condition_waiting": N_("for a notice on {object}"),
    "condition_notify_waiting": N_("for those to wake up that wait for {object}"),
    "event_waiting": N_("for {object} to be set"),
    "barrier_waiting": N_("at the barrier {object}"),
    "queue_put_waiting": N_("for room in {object}"),
    "queue_get_waiting": N_("for items of {object}"),
    "queue_join_waiting": N_("for the tasks of {object}"),
    "queue_flush_waiting": N_("for {object} to be read"),
    "pipe_receive_waiting": N_("for messages on {object}"),
    "pipe_poll_waiting": N_("for messages on {object}"),
    "pool_result_waiting": N_("for results of {object}"),
    "pool_join_waiting": N_("for the workers of {object} to end"),
    "manager_called": N_("for a manager"),
    "own_thread_waiting": N_("for a thread of the same process"),
}
"""What a thread waited for, by the kind of the wait."""


def times_lines(run: RunState) -> list[str]:
    """Where its time went, a sentence for each line; empty: nothing was waited for, or the run moved by steps."""
    times = times_of(run)
    if times is None:
        return []
    lines = [*_main_lines(run, times), *_pool_lines(run, times), *_thing_lines(run, times), *_other_lines(times)]
    if lines and (run.forgotten_processes or run.forgotten_objects):
        words = _("of {processes} processes and {objects} objects that were not used any more only the waits are known")
        lines.append(words.format(processes=run.forgotten_processes, objects=run.forgotten_objects))
    return lines


def _counts(run: RunState, ns: int) -> bool:
    return ns >= LEAST_SHARE * run.t


def _for(run: RunState, waits: Waits) -> str:
    words = _(FOR.get(waits.kind, N_("elsewhere")))
    return words.format(object=run.name(waits.object) if waits.object is not None else _("several things"))


def _main_lines(run: RunState, times: Times) -> Iterator[str]:
    main = times.main
    if main is None or not _counts(run, main.waited):
        return
    figures = {"process": main.process.name, "time": seconds(main.waited), "whole": seconds(main.ns)}
    of_it = [waits for waits in main.waits if _counts(run, waits.ns)] or main.waits[:1]
    if len(of_it) == 1 and not _counts(run, main.waited - of_it[0].ns):  # there is nothing else worth a word
        figures["what"] = _for(run, of_it[0])
        sleeps, waits = N_("{process} slept {time} of its {whole}"), N_("{process} waited {time} of its {whole} {what}")
        yield localized(sleeps if of_it[0].kind == SLEEP else waits, figures)
        return
    listing = [_("{time} {what}").format(time=seconds(each.ns), what=_for(run, each)) for each in of_it[:WAITS_LISTED]]
    figures["waits"] = listed(listing)
    yield localized(N_("{process} waited {time} of its {whole}: {waits}"), figures)


def _pool_lines(run: RunState, times: Times) -> Iterator[str]:
    for thing, workers in times.pools[:THINGS_LISTED]:
        longest = thing.longest
        if isinstance(thing.kept, Pool) and workers and longest is not None:
            figures = {
                "object": thing.kept.name,
                "workers": counted(len(workers), N_("1 worker"), N_("{count} workers")),
                "shares": _shares([worker.share for worker in workers]),
                "tasks": counted(thing.kept.taken, N_("1 task"), N_("{count} tasks")),
                "time": seconds(longest.ns),
                "function": longest.function,
                "at": longest.at,
            }
            if longest.items > 1:
                figures["function"] = _("{count} calls of {function}").format(
                    count=longest.items, function=longest.function
                )
            yield localized(POOL, figures)
    if len(times.pools) > THINGS_LISTED:
        yield counted(len(times.pools) - THINGS_LISTED, N_("… and 1 more pool"), N_("… and {count} more pools"))


def _thing_lines(run: RunState, times: Times) -> Iterator[str]:
    shown: list[tuple[ThingTimes, list[Waits]]] = []
    for thing in times.things:
        # What only main waited for stands in its line; of a lock, it is also to be said who held it.
        of_others = [waits for waits in thing.waits if thing.longest or not _is_of_main(run, waits)]
        of_others = [waits for waits in of_others if _counts(run, waits.ns)]
        if of_others:
            shown.append((thing, of_others))
    for thing, all_waits in shown[:THINGS_LISTED]:
        parts = [_waits_words(run, waits) for waits in all_waits]
        longest = thing.longest
        if longest is not None:
            figures = {"process": longest.process, "time": seconds(longest.ns), "at": longest.at}
            parts.append(localized(N_("{process} held it longest, {time}⟨ ({at})⟩"), figures))
        yield _("; ").join(parts)
    if len(shown) > THINGS_LISTED:
        more = len(shown) - THINGS_LISTED
        yield counted(more, N_("… and 1 more that was waited for"), N_("… and {count} more that were waited for"))


def _is_of_main(run: RunState, waits: Waits) -> bool:
    return waits.pids <= {run.main} and not waits.forgotten


def _waits_words(run: RunState, waits: Waits) -> str:
    who = counted(waits.processes, N_("1 process"), N_("{count} processes"))
    if waits.processes == 1 and waits.pids:
        who = run.process_name(*waits.pids)
    figures = {"process": who, "time": seconds(waits.ns), "what": _for(run, waits)}
    return localized(N_("{process} waited {time} {what}"), figures)


def _other_lines(times: Times) -> Iterator[str]:
    others = times.others
    if not others or min(other.share for other in others) > 1 - LEAST_SHARE:
        return
    if len(others) > NAMED:
        words = processes_words(len(others))
        shares = _("{process} {share}").format(process=words, share=_shares([other.share for other in others]))
    else:
        shares = listed(
            _("{process} {share}").format(process=other.process.name, share=_percent(other.share)) for other in others
        )
    yield localized(N_("busy, neither waiting nor asleep: {shares} of the time"), {"shares": shares})


def _shares(shares: Sequence[float]) -> str:
    """What each of the processes has of something; of many, the least and the greatest."""
    if len(shares) <= NAMED:
        return listed(map(_percent, shares))
    figures = {
        "least": _percent(min(shares)),
        "most": _percent(max(shares)),
        "average": _percent(sum(shares) / len(shares)),
    }
    return localized(N_("{least} to {most}, on average {average}"), figures)


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
