"""Looks into the files of the program for the comments by which its author accepts a finding.

A finding names a file as call sites do, by the end of its path. So the file is sought below the folders from which the
program's code most likely comes. Where several files have that name, the comment may stand in any of them.
"""

import os
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from procsim.findings.accepted import accepts, places_of
from procsim.findings.base import Finding, from_fields
from procsim.state.run_state import RunState
from procsim.views.base import Verdict

ENTRIES_READ = 20_000
"""At most so many entries of folders are read: a program may be started in a home folder."""

LONGEST_FILE = 4_000_000
"""Bytes of a file that is read at most."""

SKIPPED = {"__pycache__", "site-packages", "node_modules"}
"""Folders without code of the program's own. Hidden ones are skipped, too."""


class Accepting:
    """Says which findings the program's author accepts. Nothing is read before the first finding."""

    def __init__(self, command: Sequence[str]) -> None:
        """`command` has started the program."""
        scripts = [word for word in command if word.endswith(".py") and os.path.isfile(word)]
        paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        try:
            current = os.getcwd()
        except FileNotFoundError:  # it was removed: nothing is found in it
            current = ""
        roots = (*map(os.path.dirname, scripts[:1]), "", *filter(None, paths))
        self._roots = [os.path.join(current, root) for root in roots]
        self._read: dict[str, list[str]] = {}

    def __call__(self, finding: Finding) -> bool:
        """Whether a comment at one of the places that it names accepts this finding."""
        return any(
            accepts(self._lines(path), place.line, finding.id)
            for place in places_of(finding)
            for path in self._files.get(place.file.rpartition("/")[2], ())
            if path.endswith(f"/{place.file}")
        )

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        """The paths of the Python files below the folders, by their names."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in _python_files(self._roots):
            found[path.rpartition("/")[2]].append(path)
        return found

    def _lines(self, path: str) -> list[str]:
        if path not in self._read:
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    self._read[path] = file.read(LONGEST_FILE).split("\n")
            except OSError:
                self._read[path] = []
        return self._read[path]


def judge_findings(
    verdict: Verdict, found: Iterable[Finding], state: RunState, accepts: Callable[[Finding], bool]
) -> None:
    """Put what was found into the verdict, apart what is accepted.

    What was shown while the program ran is not accepted afterwards.
    """
    live = [*state.found, *state.suspected]
    shown, accepted = ([from_fields(event.fields) for event in events] for events in (live, state.accepted))
    for finding in found:
        if finding in accepted or (finding not in shown and accepts(finding)):
            verdict.accepted.append(finding)
        else:
            verdict.findings.append(finding)


def _python_files(roots: Iterable[str]) -> Iterable[str]:
    """The Python files below these folders, the nearest ones first; at most `ENTRIES_READ` entries are looked at."""
    folders, seen, entries = deque(roots), set[str](), 0
    while folders:
        folder = folders.popleft()
        if folder in seen:
            continue
        seen.add(folder)
        try:
            with os.scandir(folder) as listing:
                for entry in listing:
                    entries += 1
                    if entries > ENTRIES_READ:
                        return
                    if entry.is_dir(follow_symlinks=False):
                        if not entry.name.startswith(".") and entry.name not in SKIPPED:
                            folders.append(entry.path)
                    elif entry.name.endswith(".py") and entry.is_file():
                        yield entry.path
        except OSError:
            continue
