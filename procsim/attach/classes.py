"""Which class of multiprocessing an object in memory is of, also where the program has derived its own from it.

    sys.modules ──► the addresses of the classes that we know ──► the role of an object, by its ancestry

A role is a class's own name there, such as "JoinableQueue". Copies of multiprocessing under another name have the same.
"""

from procsim.attach.interpreter import Interpreter

COPIES = ("multiprocessing", "billiard", "multiprocess", "loky.backend", "joblib.externals.loky.backend")
"""multiprocessing, and its copies under other names."""

_OF_COPIES = {
    "synchronize": ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "SemLock", "Condition", "Event", "Barrier"),
    "queues": ("Queue", "JoinableQueue", "SimpleQueue"),
    "connection": ("Connection", "_ConnectionBase"),
    "process": ("BaseProcess",),
    "pool": ("Pool", "ApplyResult", "IMapIterator"),
    "managers": ("BaseProxy", "BaseManager", "Server"),
    "sharedctypes": ("SynchronizedBase",),
}
_OTHERS = {
    "concurrent.futures.process": ("ProcessPoolExecutor",),
    "concurrent.futures._base": ("Future",),
    "threading": ("Thread",),
}
_CLASSES = {f"{copy}.{module}": names for copy in COPIES for module, names in _OF_COPIES.items()} | _OTHERS

INTERNAL = (*(f"{copy}." for copy in COPIES), "concurrent.futures.", "threading.", "selectors.", "weakref.")
"""Modules whose calls are not the program's own, each with a dot at its end."""


class Classes:
    """The classes of one process whose objects are understood."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._objects = interpreter.objects
        self._roles: dict[int, str] = {}
        self._by_class: dict[int, str] = {}
        for module, names in _CLASSES.items():
            address = interpreter.modules.get(module)
            found = self._objects.attributes(address) if address else {}
            self._by_class.update({found[name]: name for name in names if name in found})

    def role(self, address: int) -> str:
        """The name of the class that an object is of, or that its class is derived from; empty: of none of these."""
        kind = self._objects.type_of(address)
        if not kind:
            return ""
        if kind not in self._roles:
            ancestors = [kind, *self._objects.ancestry(address)]
            self._roles[kind] = next((self._by_class[each] for each in ancestors if each in self._by_class), "")
        return self._roles[kind]


def is_internal(module: str) -> bool:
    """Whether the calls in this module are not the program's own: multiprocessing's, say."""
    return f"{module}.".startswith(INTERNAL)
