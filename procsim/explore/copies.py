"""A copy of the project for each execution, where the system lets nobody overlay a folder: of what git tracks."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from procsim.errors import ProcsimError
from procsim.language import _

LARGEST_BYTES = 50 << 20


class CannotExplore(ProcsimError):
    """The program cannot be explored; the text says why, in one line."""


@dataclass(frozen=True)
class Copy:
    """What is copied."""

    project: str
    files: tuple[str, ...]
    """Their paths below the project's folder."""

    @classmethod
    def of(cls, project: str) -> "Copy":
        """What git tracks there. Raises `CannotExplore` where that is too much, or git tracks nothing."""
        try:
            listed = subprocess.run(["git", "ls-files", "-z"], cwd=project, capture_output=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            listed = b""
        files = tuple(
            name for name in map(os.fsdecode, filter(None, listed.split(b"\0"))) if os.path.isfile(f"{project}/{name}")
        )
        size = sum(os.path.getsize(f"{project}/{name}") for name in files)
        if not files or size > LARGEST_BYTES:
            words = _(
                "the system does not let procsim overlay {folder}, and git tracks {size} MB there; nothing was run, "
                "since each execution needs a copy (of at most {most} MB)"
            )
            figures = {"folder": project, "size": round(size / 1e6, 1), "most": LARGEST_BYTES >> 20}
            raise CannotExplore(words.format(**figures))
        return cls(project, files)

    def make(self, layer: str) -> None:
        """Make it in `layer`, as the folder `project`; beside it stands `tmp`."""
        os.mkdir(f"{layer}/tmp", 0o700)
        for name in self.files:
            target = Path(layer, "project", name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(f"{self.project}/{name}", target, follow_symlinks=False)

    def remove(self, layer: str) -> None:
        """Remove what was made."""
        for entry in Path(layer).iterdir():
            shutil.rmtree(entry, ignore_errors=True)
