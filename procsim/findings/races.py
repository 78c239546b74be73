"""Updates that came out right in this run, and could be lost in the next one: nothing keeps two processes apart."""

from collections.abc import Iterator

from procsim.findings.base import Finding, Outcome
from procsim.state.accesses import place_words
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def could_be_lost(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """One for each file, value or entry of which two updates came one after the other by luck: see `state.races`.

    There is none where an update of that file was lost: that is the same fault, and certain.
    """
    for race in run.races.found.values() if run.races is not None else ():
        identity, path = race.place
        cells = run.cells.get(identity)
        if cells is not None and cells.pairs:
            continue
        first, second = race.first, race.second
        assert first.write is not None and second.write is not None
        yield Finding(
            "could_be_lost",
            "could be lost: an update of {file}. It came out right in this run, but nothing keeps {first} and {second} "
            "apart: {second} may read⟨ ({second_read_at})⟩ after {first} has read⟨ ({first_read_at})⟩ and before it "
            "has written⟨ ({first_wrote_at})⟩",
            {
                "file": path.rsplit("/", 1)[-1]
                if path.startswith("/")
                else run.name(identity) + place_words(second.read),
                "path": path,
                "first": first.read.process,
                "first_pid": first.read.pid,
                "first_read": _value(first.read),
                "first_read_at": first.read.at,
                "first_wrote": _value(first.write),
                "first_wrote_at": first.write.at,
                "second": second.read.process,
                "second_pid": second.read.pid,
                "second_read": _value(second.read),
                "second_read_at": second.read.at,
                "second_wrote": _value(second.write),
                "second_wrote_at": second.write.at,
                "process": second.read.process,
                "pid": second.read.pid,
                "at": second.read.at,
            },
            "hold one lock, made in main and passed to all of them, from the read to the end of the write",
        )


def _name(run: RunState, identity: int, path: str, access: Event) -> str:
    """A file without its folder; or a value or an entry as the program has it, such as "shared['sum']"."""
    return path.rsplit("/", 1)[-1] if path.startswith("/") else run.name(identity) + place_words(access)


def _value(event: Event) -> str:
    text = str(event.fields.get("value", "")).strip()
    return repr(text if len(text) <= 20 else f"{text[:19]}…")
