"""Where CPython keeps what in its structures, by version: for builds of 64 bits that have a GIL.

From the headers of CPython 3.9 to 3.14 (Include/cpython/, Include/internal/). Offsets and sizes are in bytes. What is
the same in all of them stands in `objects.py`.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class FrameLayout:
    """Where a frame keeps what."""

    code: int
    back: int
    names: int
    """The dict of its module."""
    instruction: int
    """Where it stands: the address of an instruction, or before 3.11 its place."""
    variables: int
    """Its local variables, one after the other."""
    top: int = 0
    """Where the end of its values is kept; 0: that is not kept."""


@dataclass(frozen=True)
class Layout:
    """The offsets that differ between versions."""

    version: str
    """Such as "3.12"."""
    cached_keys: int
    """`ht_cached_keys` in the type object of a class: the names of the attributes of its instances."""
    keys_header: int
    """The size of what comes before the indices in a dict's keys."""
    log2_sizes: bool
    """Whether the sizes in a dict's keys are logarithms, and its entries may be without a hash."""
    managed: str
    """How an instance keeps its attributes: "dict", "values" (beside a dict), "tagged" (one of both), "inline"."""
    text: int
    """Where the characters of a str of ASCII begin."""
    wide_text: int
    """Where those of another str begin."""
    kind_shift: int
    """By how many bits the kind of a str is shifted in its state."""
    tagged_int: bool
    """Whether an int has its sign and its number of digits in one tag."""
    tuple_items: int
    function_code: int
    function_globals: int
    code_names: int
    """The names of the variables of a function, its parameters first."""
    code_arguments: int
    """How many parameters it has: three numbers, one after the other."""
    code_stack: int
    """How many values its calculations need beside its variables."""
    code_file: int
    code_name: int
    code_lines: int
    """The table from which the line of an instruction follows."""
    code_first_line: int
    code_start: int
    """Where its instructions begin; before 3.11 the object that has them."""
    thread_frame: tuple[int, ...]
    """In a thread's state: where the innermost frame is, from pointer to pointer."""
    frame: FrameLayout


_3_9 = Layout(
    version="3.9",
    cached_keys=864,
    keys_header=40,
    log2_sizes=False,
    managed="dict",
    text=48,
    wide_text=72,
    kind_shift=2,
    tagged_int=False,
    tuple_items=24,
    function_code=16,
    function_globals=24,
    code_names=72,
    code_arguments=16,
    code_stack=32,
    code_file=104,
    code_name=112,
    code_lines=120,
    code_first_line=40,
    code_start=48,
    thread_frame=(24,),
    frame=FrameLayout(code=32, back=24, names=48, instruction=104, variables=360),
)
_3_10 = replace(
    _3_9,
    version="3.10",
    cached_keys=872,
    function_code=48,
    function_globals=16,
    frame=replace(_3_9.frame, instruction=96, variables=352),
)
_3_11 = replace(
    _3_10,
    version="3.11",
    keys_header=32,
    log2_sizes=True,
    managed="values",
    code_names=96,
    code_arguments=56,
    code_stack=68,
    code_file=112,
    code_name=120,
    code_lines=136,
    code_first_line=72,
    code_start=184,
    thread_frame=(56, 8),
    frame=FrameLayout(code=32, back=48, names=8, instruction=56, variables=72),
)
_3_12 = replace(
    _3_11,
    version="3.12",
    cached_keys=880,
    managed="tagged",
    text=40,
    wide_text=56,
    tagged_int=True,
    code_arguments=52,
    code_stack=64,
    code_first_line=68,
    code_start=192,
    thread_frame=(56, 0),
    frame=FrameLayout(code=0, back=8, names=24, instruction=56, variables=72),
)
_3_13 = replace(_3_12, version="3.13", managed="inline", code_start=200, thread_frame=(72,))
_3_14 = replace(
    _3_13,
    version="3.14",
    kind_shift=16,
    tuple_items=32,
    code_start=208,
    thread_frame=(64,),
    frame=replace(_3_13.frame, variables=80, top=64),
)

# Between two of its releases 3.14 moved the kind of a str back to where 3.13 has it.
LAYOUTS = (_3_9, _3_10, _3_11, _3_12, _3_13, _3_14, replace(_3_14, kind_shift=_3_13.kind_shift))
"""Of a version with several, the one is right by which an interpreter has its modules."""
