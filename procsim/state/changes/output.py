"""What the program shows to people: printed lines, narrations, and figures that it notes."""

from collections.abc import Mapping

from procsim.state.bounds import CHARACTERS_KEPT, GAUGES_KEPT, LINES_KEPT, LONG_LINE, POINTS_KEPT, share
from procsim.state.changes.change import Change
from procsim.state.history import Series
from procsim.state.run_state import Gauge, Line, RunState
from procsim.wire.events import Event


def _printed(run: RunState, event: Event) -> None:
    text = str(event.fields.get("text", ""))
    last = run.lines[-1] if run.lines else None
    pieces = text.splitlines(keepends=True)
    run.printed_lines += len(pieces)
    for piece in pieces[-LINES_KEPT:]:
        line, whole = piece.rstrip("\r\n"), piece.endswith(("\n", "\r"))
        if last is not None and not last.whole and last.pid == event.pid:
            last.text, last.whole = (last.text + line)[-LINES_KEPT:], whole
            run.printed_lines -= 1
        else:
            last = Line(event.t, event.pid, event.process, None, line, event.fields.get("stream", "stdout"), whole)
            run.lines.append(last)
            if len(line) > LONG_LINE:
                _forget_lines(run)


def _forget_lines(run: RunState) -> None:
    """Forget the first lines that are kept, if all together are too long."""
    characters = sum(len(line.text) for line in run.lines)
    while characters > CHARACTERS_KEPT and len(run.lines) > 1:
        characters -= len(run.lines.popleft().text)


def _narrated(run: RunState, event: Event) -> None:
    run.processes[event.pid].said = event
    run.said.append(event)
    run.lines.append(Line(event.t, event.pid, event.process, event))


def _noted(run: RunState, event: Event) -> None:
    name, value = event.fields["name"], event.fields["value"]
    gauge = run.gauges.get(name)
    if gauge is None:
        gauge = run.gauges[name] = Gauge(name, value, value, Series(most=share(POINTS_KEPT, len(run.gauges) + 1)))
        if len(run.gauges) > GAUGES_KEPT:
            del run.gauges[next(iter(run.gauges))]
    gauge.value = value
    if isinstance(value, int | float):
        gauge.series.add(event.t, value)


CHANGES: Mapping[str, Change] = {"printed": _printed, "said": _narrated, "noted": _noted}
