"""Replaces functions and methods of a module after the program has imported it, and restores them.

A module that the program never imports is never touched. `restore` leaves each attribute as it was, except where the
program has put one of its own meanwhile: that stays.
"""

import functools
import sys
from collections.abc import Callable
from types import FunctionType, MethodType, ModuleType
from typing import Any

Patch = Callable[[ModuleType], None]

_MISSING = object()
_replaced: list[tuple[Any, str, Any, Any]] = []
_undo: list[Callable[[], None]] = []
_patched: dict[str, ModuleType] = {}


def replace(owner: Any, name: str, new: Any) -> Any:
    """Set `owner.name` to `new` until `restore`; the original is returned.

    A function takes on the original's name and documentation, so that it pickles and introspects as the original did.
    """
    before = vars(owner).get(name, _MISSING)
    original = getattr(owner, name, None)
    plain = new.__func__ if isinstance(new, staticmethod) else new
    if callable(original) and callable(plain) and not isinstance(plain, type):
        functools.update_wrapper(plain, original)  # sets __wrapped__ too, so that the signature is the original's
    if before is _MISSING and isinstance(owner, type) and callable(plain):
        # It was inherited. Pickle looks for it where it is now.
        plain.__module__, plain.__qualname__ = owner.__module__, f"{owner.__qualname__}.{name}"
    _replaced.append((owner, name, before, new))
    setattr(owner, name, new)
    return original


class Methods:
    """The methods that are put in the place of a class's own: one subclass for each class that is traced.

    In them `self` is an object of the traced class. The originals are in `real`: `Event.real.set(self)`. Attributes
    with names that begin with `_procsim_` are given to the traced class, too.
    """

    owner: type
    real: Any

    @classmethod
    def replace_those_of(cls, owner: type, **others: Any) -> None:
        """Replace the methods of `owner`, until `restore`.

        `others`: what else the methods need of its module; that is in `real`, too.
        If the program has imported that module anew, the first `owner` may still be in use, and keeps its `real`.
        """
        own = {name: value for name, value in vars(cls).items() if _is_to_replace(name, value)}
        first = vars(cls).get("owner", owner)
        if first is not owner and any(vars(first).get(name, _MISSING) is value for name, value in own.items()):
            cls._copied(own).replace_those_of(owner, **others)
            return
        # A class, whose functions CPython calls more quickly than those of a SimpleNamespace (20 ns).
        cls.real = type("real", (), {name: getattr(owner, name, None) for name in own} | others)
        for name, value in own.items():
            replace(owner, name, value)
        cls.owner = owner

    @classmethod
    def _copied(cls, own: dict[str, Any]) -> "type[Methods]":
        """The same methods for a second class: by the name of `cls` they find the copy, and its `real`."""
        names: dict[str, Any] = {}
        copy = type(cls.__name__, (Methods,), {name: _with_globals(value, names) for name, value in own.items()})
        names |= vars(sys.modules[cls.__module__]) | {cls.__name__: copy}
        return copy


def _is_to_replace(name: str, value: Any) -> bool:
    return name.startswith("_procsim_") or isinstance(value, FunctionType | staticmethod)


def _with_globals(value: Any, names: dict[str, Any]) -> Any:
    """A copy of a function that has other globals; any other value as it is."""
    if isinstance(value, staticmethod):
        return staticmethod(_with_globals(value.__func__, names))
    if not isinstance(value, FunctionType):
        return value
    copy = FunctionType(value.__code__, names, value.__name__, value.__defaults__, value.__closure__)
    copy.__kwdefaults__ = value.__kwdefaults__
    return copy


class Builtin:
    """Replaces a function that is written in C; what it does is in `__call__` of a subclass.

    A Python function would become a method where a class has it as an attribute, and a C function does not.
    """

    def __init__(self, original: Any) -> None:
        self._original = original

    def __repr__(self) -> str:
        return repr(self._original)

    def __reduce__(self) -> str:
        return str(self._original.__name__)


def cover(module: ModuleType, name: str, function: Builtin) -> None:
    """Put it in the place of a function of C. Pickle finds it by this module, and not by the one that made it."""
    replace(module, name, function)
    function.__module__ = module.__name__


def untraced(method: Any) -> Any:
    """The original of a bound method, for calls inside multiprocessing that would come for each item."""
    function = getattr(method, "__func__", None)
    is_ours = getattr(function, "__globals__", {}).get("__name__", "").startswith("procsim.tracer.")
    return MethodType(function.__wrapped__, method.__self__) if function and is_ours else method


def on_restore(undo: Callable[[], None]) -> None:
    """Have `restore` call `undo`, for what is no attribute."""
    _undo.append(undo)


def restore() -> None:
    """Take every replacement back, the last one first."""
    while _replaced:
        owner, name, before, new = _replaced.pop()
        if vars(owner).get(name) is not new:
            continue
        if before is _MISSING:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
    while _undo:  # in their order: a lock gets its own methods back before the condition that is bound to them
        _undo.pop(0)()
    _patched.clear()


def when_imported(patches: dict[str, Patch]) -> None:
    """Patch each module: now if it is imported already, else as soon as it has been."""

    def patch(module: ModuleType) -> None:
        if _patched.get(module.__name__) is not module:  # an import that failed is made again, of another module
            _patched[module.__name__] = module
            patches[module.__name__](module)

    for name in patches:
        if name in sys.modules:
            patch(sys.modules[name])
    finder: Any = _Finder(frozenset(patches), patch)
    sys.meta_path.insert(0, finder)

    def remove() -> None:
        if finder in sys.meta_path:  # the program may have put other finders there
            sys.meta_path.remove(finder)

    on_restore(remove)


class _Finder:
    """Lets the other finders find a module, and patches it when it has been executed."""

    def __init__(self, names: frozenset[str], patch: Patch) -> None:
        self._names = names
        self._patch = patch

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> Any:
        if name not in self._names:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                self._patch_after(spec)
                return spec
        return None

    def _patch_after(self, spec: Any) -> None:
        loader: Any = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            execute(module)
            self._patch(module)

        loader.exec_module = exec_module
