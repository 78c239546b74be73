"""What a process knows, in words: what it has read or written last, and whether that is out of date; what it has put
into queues and taken from them.

    RunState: cells, queues ──► knowledge_words ──► "read 3 (it is 2 now)", "wrote 2 over user-1's 2", "took 12"
"""

from enum import Enum

from procsim.language import _
from procsim.state.cells import Use
from procsim.state.objects import Queue
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.views.base import clean
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
    uses = [(cells.uses[pid], identity) for identity, cells in run.cells.items() if pid in cells.uses]
    known = [(use.seen.event.t, identity, use) for use, identity in uses if use.seen is not None]
    if not known:
        return None
    _t, identity, use = max(known, key=lambda each: each[0])
    words, kind = _use_words(run, pid, identity, use)
    if len(run.cells) > 1 and use.seen is not None:
        words = _("{file}: {words}").format(file=use.seen.path.rsplit("/", 1)[-1], words=words)
    return clean(words), kind


def _use_words(run: RunState, pid: int, identity: int, use: Use) -> Known:
    seen = use.seen
    assert seen is not None
    value = shown(seen.event)
    if seen.event.kind == "file_written":
        if seen.over is not None:
            words = _("wrote {value} over {process}'s {other}")
            return words.format(value=value, process=seen.over.process, other=shown(seen.over)).strip(), Knowledge.ALARM
        return _("wrote {value}").format(value=value).strip(), Knowledge.PLAIN
    news = run.cells[identity].news(pid)
    words = _("read {value}").format(value=value).strip()
    if news is None:
        return words, Knowledge.PLAIN
    return _("{words} (it is {value} now)").format(words=words, value=shown(news.event)), Knowledge.OUT_OF_DATE


def shown(event: Event) -> str:
    """The value that was read or written, if it is short."""
    text = str(event.fields["value"]).strip()
    return text if len(text) <= VALUE_CELLS and text.isprintable() else ""


def _queue_words(run: RunState, process: Process, queue: Queue) -> Known:
    pid, words, alarm = process.pid, [], False
    if queue.put[pid]:
        words.append(_("put {count}").format(count=queue.put[pid]))
    if queue.got[pid]:
        words.append(_("took {count}").format(count=queue.got[pid]))
        if queue.type == "JoinableQueue":
            words.append(_("reported {count} done").format(count=queue.done[pid]))
            # Somebody waits for the reports of a process that has never made one.
            waited_for = any(wait.kind == "queue_join_waiting" for wait in run.now_waiting())
            stuck = any(wait.kind == "queue_join_waiting" for wait in run.stuck_waits())
            alarm = not queue.done[pid] and queue.got[pid] > 1 and (waited_for or stuck)
    return _(", ").join(words), Knowledge.ALARM if alarm else Knowledge.PLAIN
