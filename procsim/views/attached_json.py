"""A running program that was looked at, for programs: its events, then the verdict, in which is what was not seen."""

from typing import TextIO

from procsim.json_line import line_of
from procsim.output import writing
from procsim.state.run_state import RunState
from procsim.views.attached import Attached
from procsim.views.base import Verdict, View
from procsim.views.jsonl import verdict_line
from procsim.wire.events import Event, to_json


class AttachedJson(View):
    """Writes an object for each event, then one for the verdict."""

    def __init__(self, stream: TextIO, attached: Attached) -> None:
        self._stream = stream
        self._attached = attached

    def event(self, event: Event, run: RunState) -> None:
        with writing():
            self._stream.write(line_of(to_json(event, run.names)) + "\n")

    def finish(self, run: RunState, verdict: Verdict) -> None:
        stacks = [
            {
                "pid": pid,
                "thread": thread.name,
                "calls": [
                    {"function": call.function, "at": call.at} | ({"locals": dict(call.values)} if call.values else {})
                    for call in thread.calls
                ],
            }
            for pid, threads in self._attached.stacks.items()
            for thread in threads
        ]
        line = verdict_line(verdict) | {
            "hangs": None if self._attached.unknown and run.hung is None else run.hung is not None,
            "notes": list(self._attached.notes),
            "stacks": stacks,
        }
        with writing():
            self._stream.write(line_of(line) + "\n")
            self._stream.flush()
