"""The json view: one JSON object a line on standard output, for programs that read a run."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TextIO

from procsim.findings.base import as_fields, sentence_of
from procsim.json_line import line_of
from procsim.output import writing
from procsim.state.run_state import RunState
from procsim.views.base import Column, Verdict, View
from procsim.views.times_fields import times_fields
from procsim.views.wishes import Movement
from procsim.wire.events import Event, to_json
from procsim.wire.json_values import json_value

CLAIM_KEYS = ("id", "holds", "template", "figures", "sentence")
"""The names of the fields of a Claim in a line, all but `broken`. `text` is the template, filled in."""


def verdict_line(verdict: Verdict, run: RunState | None = None) -> dict[str, Any]:
    """The last line of a run, in this view and in a recording. `run`: the one whose times are in it; None: none."""
    claims = [
        dict(zip(CLAIM_KEYS, claim[: len(CLAIM_KEYS)], strict=True))
        | {"sentence": claim.sentence or claim.id, "text": sentence_of(claim.text, claim.figures)}
        for claim in verdict.claims
    ]
    found = [as_fields(finding) for finding in verdict.findings]
    # json_value: the figures of a scenario may be any objects
    line = {
        "kind": "verdict",
        "scenario": verdict.scenario,
        "claims": json_value(claims),
        "findings": json_value(found),
    }
    if verdict.accepted:
        line["accepted"] = json_value([as_fields(finding) for finding in verdict.accepted])
    times = times_fields(run) if run is not None else None
    if times is not None:
        line["times"] = json_value(times)
    return line if verdict.revealed is None else line | {"prediction": asdict(verdict.revealed)}


class JsonView(View):
    """Writes every event as it comes, then the verdict.

    Where several runs are compared, each event, claim and finding has the field `way`, the name of its run.
    """

    def __init__(self, stream: TextIO, columns: Sequence[Column] = ()) -> None:
        self._stream = stream
        self._columns = columns
        self._way: dict[str, str] = {}

    def begin(self, column: Column) -> None:
        self._way = {"way": column.name}

    def event(self, event: Event, run: RunState) -> None:
        self._write(self._way | to_json(event, run.names))

    def tick(self, run: RunState, movement: Movement | None = None) -> None:
        with writing():
            self._stream.flush()

    def finish(self, run: RunState, verdict: Verdict) -> None:
        whole = verdict_line(verdict, None if self._columns else run)
        lines = [(column.name, verdict_line(column.verdict)) for column in self._columns if column.verdict]
        for key in ("claims", "findings"):
            whole[key] = [{"way": name} | each for name, line in lines for each in line[key]] + whole[key]
        self._write(whole)
        self.tick(run)

    def _write(self, value: dict[str, Any]) -> None:
        with writing():
            self._stream.write(line_of(value) + "\n")
