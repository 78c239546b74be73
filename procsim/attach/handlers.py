"""Whether the program has a handler of its own for Ctrl-C, by the signal handlers that Python keeps.

    variables of the interpreter's file ──► the array of handlers ──► that of SIGINT: Python's, asyncio's or another one

The array has a row for each signal: a mark, and what handles it (Modules/signalmodule.c). SIGKILL and SIGSTOP always
have the default, and by that it is found.
"""

import signal
from collections.abc import Iterator

from procsim.attach.interpreter import Interpreter
from procsim.attach.memory import WORD, Memory, places_of
from procsim.attach.objects import Objects

_VARIABLES_BYTES = 4 << 20
"""How much of the variables of an interpreter's file is searched."""

_ROWS = 32
"""So many rows are read. That of number 0, which is no signal, is empty."""

_FUNCTION_OF_PARTIAL = 16

_PLACES: dict[tuple[tuple[str, int], int], int] = {}
"""Where the array is in other processes, by their interpreter's file and the address of the default handler: in forked
ones it is there, too.
"""


def handles_interrupts(interpreter: Interpreter) -> bool:
    """Whether the program may have a handler of its own for Ctrl-C, in a process that handles it.

    The one that asyncio.run installs is none: it cancels the main task, and so ends the program as Python's own does.
    """
    objects = interpreter.objects
    handler = _handlers(interpreter).get(signal.SIGINT, 0)
    own = objects.attribute(interpreter.modules.get("_signal", 0), "default_int_handler")
    return not handler or not (handler == own or _is_of_asyncio(objects, handler))


def _is_of_asyncio(objects: Objects, handler: int) -> bool:
    """Whether it is that of asyncio.run. A forked process has it, too."""
    if objects.type_name(handler) != "functools.partial":
        return False
    function, _ = objects.bound_to(objects.memory.word(handler + _FUNCTION_OF_PARTIAL))
    return objects.text(objects.value(objects.function_globals(function), "__name__")) == "asyncio.runners"


def _handlers(interpreter: Interpreter) -> dict[int, int]:
    """The addresses of what handles the signals in Python, by their numbers; empty where they were not found."""
    memory = interpreter.objects.memory
    default = interpreter.objects.attribute(interpreter.modules.get("_signal", 0), "SIG_DFL")
    key = interpreter.file, default
    if key in _PLACES and (found := _array_at(memory, _PLACES[key], default)):
        return found
    for place in _places_of(memory, interpreter.file, default):
        array = place - WORD * (2 * signal.SIGKILL + 1)
        if found := _array_at(memory, array, default):
            _PLACES[key] = array
            return found
    return {}


def _array_at(memory: Memory, place: int, default: int) -> dict[int, int]:
    """The handlers by the array at this address; empty where there is none."""
    found = dict(enumerate(memory.words(place, 2 * _ROWS)[1::2]))
    fixed = (found.get(signal.SIGKILL), found.get(signal.SIGSTOP)) == (default, default)
    is_array = fixed and not found[0] and all(found[number] for number in range(1, _ROWS))
    return found if is_array else {}


def _places_of(memory: Memory, file: tuple[str, int], word: int) -> Iterator[int]:
    """The addresses at which a word stands among the variables of a mapped file."""
    end = 0
    for mapping in memory.mappings:
        follows = mapping.start == end and not mapping.path  # its variables that begin as zero
        if not mapping.access.startswith("rw-p") or not (mapping.file == file or follows):
            continue
        end = mapping.end
        data = memory.read_now(mapping.start, min(mapping.end - mapping.start, _VARIABLES_BYTES))
        yield from (mapping.start + place for place in places_of(word, data))
