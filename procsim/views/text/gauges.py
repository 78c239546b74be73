"""The gauges of a run, `stock 3 → 2`, in one line."""

from rich.text import Text

from procsim.state.run_state import RunState
from procsim.views.base import clean
from procsim.views.text.words import STYLES


def gauges_line(run: RunState, plain_marks: bool) -> Text:
    """Each figure that the program has noted: its first value and the one it has now. Empty: there are none."""
    arrow = "->" if plain_marks else "→"
    text = Text()
    for gauge in run.gauges.values():
        if text:
            text.append("   ")
        text.append(f"{clean(gauge.name)} ")
        changed = gauge.first != gauge.value
        text.append(clean(f"{gauge.first} {arrow} {gauge.value}" if changed else gauge.value), STYLES["noted"])
    return text
