"""The json view: one JSON object a line, and nothing else, on standard output. For programs that read a run."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, TextIO

from procsim.findings.base import as_fields, sentence_of
from procsim.json_line import line_of
from procsim.state.run_state import RunState
from procsim.views import Again
from procsim.views.base import Column, Verdict, View, writing
from procsim.views.wishes import Movement
from procsim.wire.events import Event, json_value, to_json

CLAIM_KEYS = ("id", "holds", "template", "figures", "sentence")
"""The fields of a Claim, as a line calls them. `text` is the template, filled in."""


def verdict_line(verdict: Verdict) -> dict[str, Any]:
    """The last line of a run, in this view and in a recording."""
    claims = [
        dict(zip(CLAIM_KEYS, claim, strict=True))
        | {"sentence": claim.sentence or claim.id, "text": sentence_of(claim.text, claim.figures)}
        for claim in verdict.claims
    ]
    found = [as_fields(finding) for finding in verdict.findings]
    # A scenario's figures may be anything.
    return {
        "kind": "verdict",
        "scenario": verdict.scenario,
        "claims": json_value(claims),
        "findings": json_value(found),
    }


class JsonView(View):
    """Writes every event as it comes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    again = Again.NO
    prints_at_the_end = False

    def __enter__(self) -> "JsonView":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def event(self, event: Event, run: RunState) -> None:
        self._write(to_json(event, run.names))

    def tick(self, run: RunState, movement: Movement | None = None) -> None:
        with writing():
            self._stream.flush()

    def finish(self, run: RunState, verdict: Verdict) -> None:
        self._write(verdict_line(verdict))
        self.tick(run)

    def _write(self, value: dict[str, Any]) -> None:
        with writing():
            self._stream.write(line_of(value) + "\n")


class ComparedJson(JsonView):
    """Writes the events of several runs, each with the way that it belongs to, and one verdict."""

    def __init__(self, stream: TextIO, columns: Sequence[Column]) -> None:
        super().__init__(stream)
        self._columns = columns
        self._way = ""

    def begin(self, column: Column) -> None:
        self._way = column.name

    def end(self, column: Column) -> None:
        return

    def event(self, event: Event, run: RunState) -> None:
        self._write({"way": self._way} | to_json(event, run.names))

    def finish(self, run: RunState, verdict: Verdict) -> None:
        whole = verdict_line(verdict)
        lines = [(column.name, verdict_line(column.verdict)) for column in self._columns if column.verdict]
        for key in ("claims", "findings"):
            whole[key] = [{"way": name} | each for name, line in lines for each in line[key]] + whole[key]
        self._write(whole)
        self.tick(run)
