"""The Python frames of each thread of a process, innermost first: functions, lines, and their local variables.

    interpreter ──► the state of each thread ──► frames ──► code, line, variables by name

The process is not stopped, so a frame may be gone before it was read. For a thread that stands in a wait it is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from procsim.attach.interpreter import Interpreter
from procsim.attach.lines import line_at
from procsim.attach.memory import PAGE, WORD, Memory

FRAMES_LIMIT = 300
VARIABLES_LIMIT = 500
THREADS_LIMIT = 5_000

_PREVIOUS, _NEXT, _INTERPRETER = 0, 8, 16
"""In a thread's state."""
_STATE_BYTES = 64 * WORD
"""In which the thread's ident stands."""
_THREAD_NUMBERS = {"x86_64": 720, "aarch64": 208}
"""Where glibc keeps the system's number of a thread, in what its ident points to (`struct pthread`), by machine."""
_OF_MUSL = 256
"""musl's `struct pthread` begins with its own address, and has the number in its first bytes."""
_MOST_REFERENCES = 1 << 20
"""To a bound method: what is more is no number of references."""
_LINES_LIMIT = 1 << 16


@dataclass(frozen=True)
class Frame:
    """One call that has not returned."""

    function: str
    file: str
    line: int | None
    variables: dict[str, int] = field(default_factory=dict)
    """The addresses of its local variables, by name."""
    names: int = 0
    """The address of the dict with the global names of its module."""
    entered: tuple[int, ...] = ()
    """The objects in whose `with` blocks it stands."""


@dataclass(frozen=True)
class ThreadState:
    """A thread of Python's."""

    number: int
    """The number that the system gave it."""
    ident: int
    """As `threading.get_ident` has it."""
    frames: list[Frame]


def threads_of(interpreter: Interpreter, numbers: set[int], machine: str) -> Iterator[ThreadState]:
    """The threads of Python's; `numbers`: those that the system has given to the threads of the process."""
    memory = interpreter.objects.memory
    for state in _states(interpreter):
        for ident in memory.words(state, _STATE_BYTES // WORD)[3:]:
            number = thread_number(memory, ident, numbers, machine)
            if number:
                yield ThreadState(number, ident, list(_frames(interpreter, state)))
                break


def _states(interpreter: Interpreter) -> list[int]:
    """The addresses of the states of the threads: a list that its interpreter refers to, each to the next one."""
    memory, address = interpreter.objects.memory, interpreter.address
    key = (*interpreter.file, interpreter.version)
    if key in _PLACES:
        found = _chain(memory, address, memory.word(address + _PLACES[key]))
        if found and not memory.word(found[0] + _PREVIOUS):
            return found
    best: list[int] = []
    for number, word in enumerate(memory.words_up_to(address, 2 * PAGE)):
        found = _chain(memory, address, word) if word != address and word not in best else []
        if len(found) > len(best):
            best, _PLACES[key] = found, number * WORD
    return best


_PLACES: dict[tuple[str, int, str], int] = {}
"""Where the interpreters of a file refer to the first of their threads, as an offset, by file and version."""


def _chain(memory: Memory, interpreter: int, state: int) -> list[int]:
    """The state of a thread of this interpreter, and those behind it; none where it is no such."""
    found: dict[int, None] = {}
    while state >= PAGE and not state % WORD and state not in found and len(found) < THREADS_LIMIT:
        if memory.word(state + _INTERPRETER) != interpreter:
            break
        found[state] = None
        state = memory.word(state + _NEXT)
    return [*found]


def thread_number(memory: Memory, ident: int, numbers: set[int], machine: str) -> int:
    """The number that the system gave the thread with this ident; 0: it is none of these."""
    if ident < PAGE or ident % WORD or ident >> 47:
        return 0
    place = _THREAD_NUMBERS.get(machine)
    number = memory.number(ident + place) if place is not None else 0
    if number in numbers:
        return number
    if memory.word(ident) != ident:
        return 0
    found = (memory.number(ident + place) for place in range(WORD, _OF_MUSL, 4))
    return next((number for number in found if number in numbers), 0)


def _frames(interpreter: Interpreter, state: int) -> Iterator[Frame]:
    objects = interpreter.objects
    layout, memory = objects.layout, objects.memory
    address = state
    for offset in layout.thread_frame:
        address = memory.word(address + offset)
    for _ in range(FRAMES_LIMIT):
        if address < PAGE or address % WORD:
            return
        code = memory.word(address + layout.frame.code) & ~3
        if objects.is_a(code, "code"):
            frame = _frame(interpreter, address, code)
            if frame is not None:
                yield frame
        address = memory.word(address + layout.frame.back)


def _frame(interpreter: Interpreter, address: int, code: int) -> Frame | None:
    objects = interpreter.objects
    layout, memory = objects.layout, objects.memory
    function, file = (objects.text(memory.word(code + place)) for place in (layout.code_name, layout.code_file))
    if function is None or file is None:
        return None
    return Frame(
        function,
        file,
        _line(interpreter, address, code),
        dict(_variables(interpreter, address, code)),
        memory.word(address + layout.frame.names),
        tuple(_entered(interpreter, address, code)),
    )


def _variables(interpreter: Interpreter, address: int, code: int) -> Iterator[tuple[str, int]]:
    objects = interpreter.objects
    layout, memory = objects.layout, objects.memory
    names = _variable_names(interpreter, code)
    values = memory.words(address + layout.frame.variables, min(len(names), VARIABLES_LIMIT))
    for name, value in zip(names, values, strict=False):
        text = objects.text(name)
        value &= ~3 if layout.version == "3.14" else ~0
        if objects.is_a(value, "cell"):
            value = objects.referent(value)
        if text and value:
            yield text, value


def _entered(interpreter: Interpreter, address: int, code: int) -> Iterator[int]:
    """The objects whose `__exit__` the frame has kept for the end of a `with` block, beside its variables."""
    objects = interpreter.objects
    layout, memory = objects.layout, objects.memory
    start = address + layout.frame.variables + WORD * _variable_count(interpreter, code)
    count = min(max(0, memory.number(code + layout.code_stack)), VARIABLES_LIMIT)
    if layout.frame.top:  # since 3.14 the function is kept, and the object above it
        count = min(count, max(0, memory.word(address + layout.frame.top) - start) // WORD)
        kept = [word & ~3 for word in memory.words(start, count)]
        yield from (own for function, own in pairwise(kept) if objects.function_name(function) == "__exit__")
        return
    for word in memory.words(start, count):
        # Beyond the last value may be what was kept of a block that is over: memory that was given back has no count.
        function, own = objects.bound_to(word)
        if own and 0 < memory.word(word) < _MOST_REFERENCES and objects.function_name(function) == "__exit__":
            yield own


def _variable_count(interpreter: Interpreter, code: int) -> int:
    return len(_variable_names(interpreter, code))


def _variable_names(interpreter: Interpreter, code: int) -> list[int]:
    objects = interpreter.objects
    layout, memory = objects.layout, objects.memory
    if layout.log2_sizes:
        return objects.items(memory.word(code + layout.code_names))
    # Before 3.11 those of cells stand apart: first its own, then those of outer functions.
    return [name for place in (0, 16, 8) for name in objects.items(memory.word(code + layout.code_names + place))]


def _line(interpreter: Interpreter, address: int, code: int) -> int | None:
    objects = interpreter.objects
    layout, memory = objects.layout, objects.memory
    table = memory.word(code + layout.code_lines)
    size = memory.number(table + 16, 8) if objects.is_a(table, "bytes") else 0
    if not 0 < size < _LINES_LIMIT:
        return None
    data = memory.read(table + 32, size)
    first = memory.number(code + layout.code_first_line)
    if layout.log2_sizes:
        place = memory.word(address + layout.frame.instruction) - code - layout.code_start
    else:
        place = memory.number(address + layout.frame.instruction) * (2 if layout.version == "3.10" else 1)
    return line_at(data, first, place, layout.version)
