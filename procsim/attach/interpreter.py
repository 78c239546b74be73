"""Finds the Python interpreter of a process, and the modules that it has imported.

    mapped objects ──► symbols ──► version, layout, built-in types ──► interpreter ──► sys.modules

Where an interpreter keeps `sys.modules` differs from version to version. So it is searched for, as the dict that has
`builtins` and `sys` in it, and the place is remembered for other processes that run the same file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from procsim.attach.layouts import LAYOUTS, Layout
from procsim.attach.memory import PAGE, WORD, Mapping, Memory
from procsim.attach.objects import Known, Objects
from procsim.attach.offsets import as_it_says, has_no_gil
from procsim.attach.symbols import Symbols, objects_of

_TYPES = {
    "dict": "PyDict_Type",
    "str": "PyUnicode_Type",
    "int": "PyLong_Type",
    "list": "PyList_Type",
    "tuple": "PyTuple_Type",
    "set": "PySet_Type",
    "type": "PyType_Type",
    "module": "PyModule_Type",
    "function": "PyFunction_Type",
    "method": "PyMethod_Type",
    "cell": "PyCell_Type",
    "code": "PyCode_Type",
    "bytes": "PyBytes_Type",
}

_RUNTIME_BYTES = 16 * PAGE
"""How much of `_PyRuntime` is searched for interpreters."""
_INTERPRETER_BYTES = 8 * PAGE
"""How much of an interpreter is searched for `sys.modules`."""
_TO_INTERPRETER = 16
"""In a thread's state: its interpreter."""


@dataclass(frozen=True)
class Interpreter:
    """The interpreter of one process."""

    version: str
    """Such as "3.12"."""
    objects: Objects
    modules: dict[str, int]
    """`sys.modules`: the addresses of the modules by their names."""
    address: int
    file: tuple[str, int]
    """The file that it is mapped from: see `Mapping.file`."""


class UnknownPython(Exception):
    """There is a Python that we cannot read. The text is a word that says why: "version", "build", "no_gil"."""


_PLACES: dict[tuple[str, int, str], int] = {}
"""Where the interpreters of a file keep `sys.modules`, as an offset, by file and version."""


class _Mapped(NamedTuple):
    """What the symbols of a mapped file tell."""

    runtime: int
    layouts: tuple[Layout, ...]
    """Those that it may have: one, once an interpreter was found in it."""
    known: Known


_MAPPED: dict[tuple[tuple[str, int], int], _Mapped] = {}
"""By file and address: forked processes have all of it at the same one."""
_ADDRESSES: dict[int, int] = {}
"""Where an interpreter was found, by the address of `_PyRuntime`: in forked processes it is there, too."""


def interpreter_of(memory: Memory) -> Interpreter | None:
    """The interpreter of a process; None: it runs no CPython. Raises `UnknownPython`."""
    mapping = next((each for each in memory.mappings if not each.offset and _key(each) in _MAPPED), None)
    if mapping is None:
        mapping = next((each for each in objects_of(memory) if _is_python(memory, each)), None)
    if mapping is None:
        return None
    mapped = _MAPPED[_key(mapping)]
    for layout in mapped.layouts:
        found = _found(Objects(memory, layout, mapped.known), mapped.runtime, mapping)
        if found is not None:
            _MAPPED[_key(mapping)] = mapped._replace(layouts=(layout,))
            return found
    raise UnknownPython("build")


def _key(mapping: Mapping) -> tuple[tuple[str, int], int]:
    return mapping.file, mapping.start


def _is_python(memory: Memory, mapping: Mapping) -> bool:
    """Whether a mapped file has an interpreter in it. Then what its symbols tell is kept."""
    symbols = Symbols(memory, mapping)
    runtime = symbols.address("_PyRuntime")
    if runtime:
        _MAPPED[_key(mapping)] = _Mapped(runtime, _layouts(memory, symbols, mapping), _known(symbols))
    return bool(runtime)


def _layouts(memory: Memory, symbols: Symbols, mapping: Mapping) -> tuple[Layout, ...]:
    version = memory.word(symbols.address("Py_Version")) if symbols.address("Py_Version") else 0
    name = f"{version >> 24 & 0xFF}.{version >> 16 & 0xFF}" if version else _version_of(mapping.path)
    runtime = symbols.address("_PyRuntime")
    found = tuple(as_it_says(memory, runtime, layout) for layout in LAYOUTS if layout.version == name)
    if not found:
        raise UnknownPython("version")
    if has_no_gil(memory, runtime):
        raise UnknownPython("no_gil")
    return found


def _version_of(path: str) -> str:
    """The version of an interpreter before 3.11, which does not say it itself, by the name of its file."""
    for version in ("3.9", "3.10"):
        if f"python{version}" in path.rpartition("/")[2].removesuffix(" (deleted)").split(".so")[0]:
            return version
    return ""


def _known(symbols: Symbols) -> Known:
    types = {name: symbols.address(symbol) for name, symbol in _TYPES.items()}
    singles = [symbols.address(name) for name in ("_Py_NoneStruct", "_Py_TrueStruct", "_Py_FalseStruct")]
    return Known(types, *singles)


def _found(objects: Objects, runtime: int, mapping: Mapping) -> Interpreter | None:
    memory, key = objects.memory, (*mapping.file, objects.layout.version)
    for address in _likely_interpreters(memory, runtime):
        places = [_PLACES[key]] if key in _PLACES else range(0, _INTERPRETER_BYTES, WORD)
        for place in places:
            candidate = memory.word(address + place)
            if objects.is_a(candidate, "dict"):
                modules = objects.named(candidate)
                if {"builtins", "sys"} <= modules.keys() and objects.is_a(modules["sys"], "module"):
                    _PLACES[key], _ADDRESSES[runtime] = place, address
                    return Interpreter(objects.layout.version, objects, modules, address, mapping.file)
    return None


def _likely_interpreters(memory: Memory, runtime: int) -> Iterator[int]:
    """What may be an interpreter: first what was one in another process."""
    known = _ADDRESSES.get(runtime, 0)
    if known and _has_thread(memory, known):
        yield known
    yield from _interpreters(memory, runtime)


def _interpreters(memory: Memory, runtime: int) -> Iterator[int]:
    """What may be an interpreter: what one of the first words refers to, and has a thread whose interpreter it is."""
    seen = set()
    for candidate in memory.words_up_to(runtime, _RUNTIME_BYTES):
        if candidate not in seen and candidate >= PAGE and not candidate % WORD:
            seen.add(candidate)
            if _has_thread(memory, candidate):
                yield candidate


def _has_thread(memory: Memory, interpreter: int) -> bool:
    words = memory.words_up_to(interpreter, 2 * PAGE)
    return any(
        word != interpreter and word >= PAGE and memory.word(word + _TO_INTERPRETER) == interpreter for word in words
    )
