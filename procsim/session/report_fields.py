"""What stands in the file of findings that other programs read."""

from typing import Any

from procsim.findings import Finding
from procsim.findings.base import as_fields
from procsim.state.run_state import RunState
from procsim.views.base import Verdict
from procsim.views.times_fields import times_fields
from procsim.wire.json_values import json_value


def report_fields(code: int, run: RunState, verdict: Verdict) -> dict[str, Any]:
    """All of it, with JSON's types alone; `code`: the exit code of the command."""
    return {
        "program": verdict.scenario,
        "exit_code": int(code),
        "processes": run.process_count,
        "events": run.events,
        "seconds": round(run.t / 1e9, 3),
        "findings": [_row(finding) for finding in verdict.findings],
        "accepted": [_row(finding) for finding in verdict.accepted],
        "times": json_value(times_fields(run)),
    }


def _row(finding: Finding) -> Any:
    return json_value(as_fields(finding) | {"certain": finding.certain, "fault": finding.is_fault})
