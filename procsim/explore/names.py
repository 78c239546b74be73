"""The names of the things that the threads of an execution use: the same in each execution of the program. Pure.

An identity (`procsim.wire.identities`) has process ids, inodes and addresses in it. A name is the variable that the
object was assigned to; the second one of a name that a process makes has a number, as in the state of a run, and one
that a child makes is said to be that child's. A file is called by its path, below the folder where the program runs or
that of temporary files.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from procsim.wire.identities import inode_of

CREATED = (
    "lock_created",
    "event_created",
    "barrier_created",
    "queue_created",
    "pipe_created",
    "value_created",
    "pool_created",
)


class Made:
    """An object that the program has made."""

    __slots__ = ("fields", "kind", "name")

    def __init__(self, kind: str, name: str, fields: dict[str, Any]) -> None:
        self.kind, self.name, self.fields = kind, name, fields


class Names:
    """Learns the names of objects from the events that announce them."""

    temporary = "temporary/"
    """The folder of temporary files, which has another path in each slot."""

    def __init__(self, roots: Sequence[str], temporary: str) -> None:
        """`roots`: folders whose paths are left out of the names of files; `temporary`: that of temporary files."""
        self._roots = tuple(f"{root.rstrip('/')}/" for root in roots)
        self._temporary = f"{temporary}/"
        self._made: dict[int, Made] = {}
        self._files: dict[int, str] = {}
        self._used: Counter[str] = Counter()
        self.other_ends: dict[int, int] = {}
        """Of each end of a pipe: the other one."""
        self._same: dict[str, tuple[str, ...]] = {}
        """The paths at which one file was, or may have been, of each of these: it was renamed, or has several."""

    def learn(self, event: Sequence[Any], process: str) -> Made | None:
        """Take in an event, as it came from the wire; `process`: the name of its process. Returns what was made."""
        _, kind, _, _, _, identity, _, fields = event
        if kind == "file_opened" and identity is not None:
            path = self.of_path(fields["path"])
            self.same_file(self._files.get(identity, path), path)
            self._files[identity] = path
        if kind not in CREATED or identity is None:
            return None
        if kind == "pipe_created":
            self.other_ends[identity] = fields["other"]
        inner = self._made.get(fields.get("lock") or 0) if kind == "value_created" else None
        if inner is not None and inner.fields.get("name") == fields.get("name"):
            name, inner.name = inner.name, f"lock of {inner.name}"  # the one that was made for it, a moment before
        else:
            name = self._unused(str(fields.get("name") or kind.partition("_")[0]), process)
        self._made[identity] = made = Made(kind, name, dict(fields))
        return made

    def _unused(self, name: str, process: str) -> str:
        own = name if process == "MainProcess" else f"{name} of {process}"
        self._used[own] += 1
        return own if self._used[own] == 1 else f"{own}-{self._used[own]}"

    def of(self, identity: int | None) -> str:
        """The name of an object; of one that was never announced, by its number."""
        if identity is None:
            return ""
        made = self._made.get(identity)
        if made is not None:
            return made.name
        return self._files.get(identity) or f"object {self._number(identity)}"

    def same_file(self, path: str, other: str) -> None:
        """What is at one of these paths is, or was, what is at the other."""
        if path != other:
            both = tuple(dict.fromkeys((*self.contents(path), *self.contents(other))))
            self._same.update(dict.fromkeys(both, both))

    def contents(self, path: str) -> tuple[str, ...]:
        """The names of what may be in the file at this path, or in the one that was opened there."""
        return self._same.get(path, (path,))

    def type_of(self, identity: int | None) -> str:
        """The type of an object, as people know it; "" where it is not known."""
        made = self._made.get(identity) if identity is not None else None
        return str(made.fields.get("type", "")) if made is not None else ""

    def lock_of(self, identity: int | None) -> str:
        """The name of the lock of a Value or an Array; "" if it has none."""
        made = self._made.get(identity) if identity is not None else None
        lock = made.fields.get("lock") if made is not None else None
        return self.of(lock) if lock is not None else ""

    def length_of(self, identity: int | None) -> int:
        """How many elements an array has."""
        made = self._made.get(identity) if identity is not None else None
        return int(made.fields.get("length", 1)) if made is not None else 1

    def receiving_end(self, identity: int, sends: bool) -> str:
        """The name of the end of a pipe at which what goes through arrives: of this one, or of the other one."""
        end = self.other_ends.get(identity, identity) if sends else identity
        return self.of(end) if end in self._made else f"pipe {self._number(inode_of(end))}"

    def of_path(self, path: str) -> str:
        """A path, as people call it."""
        if f"{path}/".startswith(self._temporary):
            return self.temporary + path[len(self._temporary) :]
        for root in self._roots:
            if f"{path}/".startswith(root):
                return path[len(root) :] or "."
        return path

    def _number(self, identity: int) -> int:
        self._used["object"] += 1
        number = self._used["object"]
        self._made[identity] = Made("unknown", f"object {number}", {})
        return number
