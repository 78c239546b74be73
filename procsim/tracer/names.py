"""The name of an object: the variable that it is assigned to where it was made.

When the tracer sees the call that makes an object, the program is in the middle of a line such as `mutex = Lock()`. The
instructions after that call show where the result goes. (Its source could show that, too; but it may be out of reach,
or there is none: `python -c`, a prompt, `exec`.)
"""

import functools
import itertools
import os
import sys

# These are there in every interpreter, where importlib.machinery would have to be imported.
from _frozen_importlib import module_from_spec
from _frozen_importlib_external import PathFinder
from collections.abc import Iterator
from types import CodeType, FrameType, ModuleType
from typing import Any

from procsim.tracer.emit import emit
from procsim.tracer.sites import call_site, own_frame, program_frame
from procsim.tracer.values import NAME_LIMIT
from procsim.wire.identities import new_object

_STORES = ("STORE_NAME", "STORE_FAST", "STORE_GLOBAL", "STORE_DEREF", "STORE_ATTR")
_PASSES = ("COPY", "RESUME", "NOP", "EXTENDED_ARG")
_STORES_OF: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(_STORES, (0,)),
    "STORE_ATTR": (1,),  # below the object
    "STORE_FAST_STORE_FAST": (0, 1),  # these two from 3.13 on
    "STORE_FAST_LOAD_FAST": (0,),
}
"""For each name that an instruction stores to: how many values lie above the one it stores."""

_LOOKS_AHEAD = 32
"""Instructions that are read after the call: `lock, queue = Lock(), Queue(2)` needs about eight."""

_numbers = itertools.count(1)


def new_identity() -> int:
    """An identity that no other object of the run has."""
    return new_object(os.getpid(), next(_numbers))


def announce(kind: str, identity: int, type_name: str, **fields: Any) -> None:
    """Emit that an object was created, with its name and the line where the program made it.

    A pool is mostly made by a package that the program uses, such as joblib; then that is the program's own line.
    """
    frame = (own_frame if kind == "pool_created" else program_frame)(sys._getframe(1))
    name = variable_names(frame, type_name.lower())[0]
    emit(kind, identity, call_site(frame), name=name, type=type_name, **fields)


def made_here(type_name: str) -> tuple[str, str | None]:
    """The name of a pool that the program makes now, and the line, where that can only be emitted later."""
    frame = own_frame(sys._getframe(1))
    return variable_names(frame, type_name.lower())[0], call_site(frame)


def variable_names(frame: FrameType | None, fallback: str, count: int = 1) -> list[str]:
    """The variables that the `count` results of the call in this frame are assigned to.

    If the frame only returns the result (`def make(): return Lock()`), its caller's variables count. Without any, the
    names are made from `fallback`.
    """
    depth = 0
    while frame is not None and depth < 4:
        names = _stored(frame.f_code, frame.f_lasti, count)
        if names is not None:
            if len(names) != count:
                names = _numbered(names[0] if names else fallback, count)
            return [name[:NAME_LIMIT] for name in names]
        frame = program_frame(frame.f_back)
        depth += 1
    return _numbered(fallback, count)


@functools.cache
def disassembler() -> ModuleType:
    """The module dis of the standard library, which is not left in `sys.modules`: the program may have a dis.py.

    Patches of modules that make objects call this. Earlier would be a waste, since few processes make an object; when
    an object is made would be too late, since the file may be out of reach then (a chroot), or an audit hook refuse it.
    """
    known = sys.modules.get("dis")
    if known is not None and _of_library("dis").origin == getattr(known, "__file__", None):
        return known
    before = sys.modules.get("opcode")
    sys.modules["opcode"] = _load("opcode")  # dis imports it
    try:
        return _load("dis")
    finally:
        if before is None:
            sys.modules.pop("opcode", None)
        else:
            sys.modules["opcode"] = before


def _of_library(name: str) -> Any:
    return PathFinder.find_spec(name, [os.path.dirname(os.__file__)])


def _load(name: str) -> ModuleType:
    spec = _of_library(name)
    module: ModuleType = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _numbered(fallback: str, count: int) -> list[str]:
    return [fallback] if count == 1 else [f"{fallback}[{index}]" for index in range(count)]


@functools.lru_cache(maxsize=1024)
def _stored(code: CodeType, offset: int, count: int) -> list[str] | None:
    """The names that are stored right after the instruction at `offset`: `count` of them, or one for them all.

    An empty list: the result has no name. None: it is returned, or collected by a comprehension, and the caller's frame
    may have a name for it.
    """
    following = _behind(code, offset)
    first = next(following, None)
    if first is None:
        return []
    if first.opname in ("RETURN_VALUE", "LIST_APPEND", "SET_ADD", "MAP_ADD", "YIELD_VALUE"):
        if first.opname in ("LIST_APPEND", "MAP_ADD") and code.co_name not in ("<listcomp>", "<dictcomp>"):
            return _after_comprehension(following)
        return None
    if first.opname == "UNPACK_SEQUENCE" and first.argval == count:
        return _unpacked(following, count)
    name = _store(following, first)
    return [name] if name else []


def _unpacked(following: Iterator[Any], count: int) -> list[str]:
    """The names that `count` values are stored to, one after the other; none where one of them has none."""
    names: list[str] = []
    while len(names) < count:
        instruction = next(following, None)
        if instruction is not None and instruction.opname == "STORE_FAST_STORE_FAST":  # two in one, from 3.13 on
            names.extend(instruction.argval)
            continue
        name = _store(following, instruction)
        if name is None:
            return []
        names.append(name)
    return names


def _after_comprehension(following: Iterator[Any]) -> list[str] | None:
    """From 3.12 on a comprehension is part of the code around it: look for the store behind its loop."""
    for instruction in following:
        if instruction.opname == "END_FOR":
            for later in following:
                if later.opname in _STORES and not later.argval.startswith("."):
                    return [later.argval]
                if later.opname == "RETURN_VALUE":
                    return None
    return []


def _behind(code: CodeType, offset: int) -> Iterator[Any]:
    """The instructions that run after the one at `offset`, as far as no condition decides."""
    dis = disassembler()
    for instruction in dis.get_instructions(code):
        if instruction.offset <= offset or instruction.opname in _PASSES:
            continue
        if instruction.opname == "JUMP_FORWARD":  # `Lock() if wanted else None`
            offset = instruction.argval - 1
            continue
        yield instruction


def _store(following: Iterator[Any], first: Any | None) -> str | None:
    """The name in `x = …`, `self.x = …` or `x, y = …, …`, from the first instruction after the call on.

    `above` counts the values that lie above ours on the interpreter's stack.
    """
    dis = disassembler()
    above = 0
    instruction = first
    for _ in range(_LOOKS_AHEAD):
        if instruction is None or instruction.opname == "STORE_SUBSCR":
            return None
        operation, argument = instruction.opname, instruction.argval
        stores = _STORES_OF.get(operation)
        if stores is not None:
            if above in stores:
                return str(argument if isinstance(argument, str) else argument[stores.index(above)])
            above += dis.stack_effect(instruction.opcode, instruction.arg)
        elif operation == "BEFORE_WITH" and above == 0:
            pass  # `with Pool() as pool`: what `__enter__` returns, now on top, is the object itself
        elif operation == "LOAD_SPECIAL" and above == 0:  # the same from 3.14 on: `__exit__` and `__enter__` are loaded
            while instruction is not None and instruction.opname != "CALL":
                instruction = next(following, None)
        elif operation == "SWAP":
            above = argument - 1 if above == 0 else 0 if above == argument - 1 else above
        elif operation == "BUILD_TUPLE" and above < argument:
            unpacking = next(following, None)
            if unpacking is None or unpacking.opname != "UNPACK_SEQUENCE" or unpacking.argval != argument:
                return None
            above = argument - 1 - above  # the first of the tuple comes to lie on top
        else:
            above += dis.stack_effect(instruction.opcode, instruction.arg, jump=False)
        if above < 0:  # something has used it
            return None
        instruction = next(following, None)
    return None
