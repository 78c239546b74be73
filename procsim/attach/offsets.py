"""What an interpreter says itself of where it keeps what: since 3.13, in a table for debuggers.

    _PyRuntime ──► _Py_DebugOffsets ──► the layout, as it is in this very build

Releases of one version may differ: 3.14 moved the innermost frame of a thread. Source: pycore_debug_offsets.h.
"""

from dataclasses import replace

from procsim.attach.layouts import Layout
from procsim.attach.memory import WORD, Memory

_COOKIE = int.from_bytes(b"xdebugpy", "little")
_WITHOUT_GIL = 2
_OF_THREADS = {"3.13": 20, "3.14": 23}
"""Which row says where a thread's state has the one before; then come the next one, its interpreter, and its frame."""
_BEFORE_THE_FRAME = [0, 8, 16]


def has_no_gil(memory: Memory, runtime: int) -> bool:
    """Whether `_PyRuntime` at this address is that of a free-threaded build."""
    return memory.word(runtime) == _COOKIE and memory.word(runtime + _WITHOUT_GIL * WORD) == 1


def as_it_says(memory: Memory, runtime: int, layout: Layout) -> Layout:
    """The layout, with what the interpreter itself says; unchanged where it says nothing that we understand."""
    if memory.word(runtime) != _COOKIE or layout.version not in _OF_THREADS:
        return layout
    *before, frame = memory.words(runtime + _OF_THREADS[layout.version] * WORD, 4) or [0]
    return replace(layout, thread_frame=(frame,)) if before == _BEFORE_THE_FRAME else layout
