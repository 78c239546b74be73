"""The results: a file of JSON that is kept, and the table that is printed of it."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.doctor.trial import LESS, RIGHT, Trial

Rows = dict[str, dict[str, Any]]
"""By program, start method and load: what came of it."""


def key(program: str, method: str, busy: bool) -> str:
    """The name of a row."""
    return f"{program} {method}{' busy' if busy else ''}"


def read(path: Path) -> Rows:
    """The rows of a file; none where there is no such file."""
    if not path.exists():
        return {}
    rows: Rows = json.loads(path.read_text())
    return rows


def write(path: Path, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """All rows, in the order of their names."""
    path.write_text(json.dumps(dict(sorted(rows.items())), indent=1, ensure_ascii=False) + "\n")


def row(kind: str, wanted: str, trials: list[Trial]) -> dict[str, Any]:
    """What came of the runs of one program under one start method. Of each verdict, the sentences of its first run."""
    verdicts = Counter(trial.verdict for trial in trials)
    first = {trial.verdict: trial.sentences for trial in reversed(trials)}
    return {
        "kind": kind,
        "wanted": wanted or "nothing",
        "times": len(trials),
        "right": verdicts[RIGHT],
        "verdicts": dict(verdicts.most_common()),
        "said": first,
    }


def line(name: str, result: Mapping[str, Any]) -> str:
    """A row as a line of the table."""
    wrong = "; ".join(f"{count} times {verdict}" for verdict, count in result["verdicts"].items() if verdict != RIGHT)
    mark = " " if result["right"] + result["verdicts"].get(LESS, 0) == result["times"] else "✘"
    return f"{mark} {result['right']:3} of {result['times']:<3} {result['kind']:26} {name:58} {wrong}".rstrip()
