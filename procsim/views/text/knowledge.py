"""What a process knows, in words: what it has read or written last, and whether that is out of date; what it has put
into queues and taken from them.

    RunState: cells, queues ──► knowledge_words ──► "read 3 (it is 2 now)", "wrote 2 over user-1's 2", "took 12"
"""

from enum import Enum
from typing import Any

from rich.cells import cell_len

from procsim.language import N_, _
from procsim.state.accesses import WRITES, Access
from procsim.state.objects import Queue
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.views.base import clean
from procsim.views.text.words import localized
from procsim.wire.events import Event

VALUE_CELLS = 12
"""Of a value that was read or written; a longer one is left out."""


class Knowledge(Enum):
    """How much what a process knows has to do with what is wrong."""

    PLAIN = "plain"
    OUT_OF_DATE = "out of date"
    ALARM = "alarm"
    """It has overwritten what it had not seen, or reports nothing that others wait for."""


Known = tuple[str, Knowledge]


def knowledge_words(run: RunState, process: Process) -> Known:
    """What it knows, in words; "" where it has read, written, put and taken nothing."""
    seen = _last_seen(run, process.pid)
    if seen is not None:
        return seen
    for queue in run.queues.values():
        if queue.put[process.pid] or queue.got[process.pid]:
            return _queue_words(run, process, queue)
    return "", Knowledge.PLAIN


def _last_seen(run: RunState, pid: int) -> Known | None:
    seen = [(use.seen, cells) for cells in run.cells.values() if (use := cells.uses.get(pid)) and use.seen is not None]
    if not seen:
        return None
    access, cells = max(seen, key=lambda each: each[0].event.t)
    words, kind = _access_words(access, cells.news(pid))
    if len(run.cells) > 1:
        words = _("{file}: {words}").format(file=cells.name_of(access), words=words)
    return clean(words), kind


def _access_words(seen: Access, news: Access | None) -> Known:
    """What a process has read or written last. `news`: what another one has written since."""
    figures: dict[str, Any] = {"value": shown(seen.event)}
    if seen.event.kind in WRITES:
        if seen.over is None:
            return localized(N_("wrote⟨ {value}⟩"), figures), Knowledge.PLAIN
        figures |= {"process": seen.over.process, "other": shown(seen.over)}
        if figures["other"] is None:
            return localized(N_("wrote⟨ {value}⟩ over what {process} had written"), figures), Knowledge.ALARM
        return localized(N_("wrote⟨ {value}⟩ over {process}'s {other}"), figures), Knowledge.ALARM
    if news is None:
        return localized(N_("read⟨ {value}⟩"), figures), Knowledge.PLAIN
    figures["now"] = shown(news.event)
    if figures["now"] is None:
        return localized(N_("read⟨ {value}⟩ (it has changed since)"), figures), Knowledge.OUT_OF_DATE
    return localized(N_("read⟨ {value}⟩ (it is {now} now)"), figures), Knowledge.OUT_OF_DATE


def shown(event: Event) -> str | None:
    """The value that was read or written; None: it is too long for a row, or cannot be printed."""
    text = str(event.fields["value"]).strip()
    return text if text and cell_len(text) <= VALUE_CELLS and text.isprintable() else None


def _queue_words(run: RunState, process: Process, queue: Queue) -> Known:
    pid, words, alarm = process.pid, [], False
    if queue.put[pid]:
        words.append(_("put {count}").format(count=queue.put[pid]))
    if queue.got[pid]:
        words.append(_("took {count}").format(count=queue.got[pid]))
        if queue.type == "JoinableQueue":
            words.append(_("reported {count} done").format(count=queue.done[pid]))
            alarm = not queue.done[pid] and queue.got[pid] > 1 and run.is_joined(queue)
    return _(", ").join(words), Knowledge.ALARM if alarm else Knowledge.PLAIN
