"""What the program's code does with a value that it writes, or that it has just read: by the instructions beside it.

These are facts that the values themselves do not show. What is written as a constant (`stop.value = 1`) was not made
out of what was read before, as `counter.value + 1` is. What is a sum is no flag that is set. And a copy that is
changed, and then let go of, was changed in vain.
"""

import functools
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

from procsim.tracer.names import disassembler

_NO_EFFECT = ("CACHE", "EXTENDED_ARG", "NOP", "RESUME", "PRECALL", "KW_NAMES")
_PUSHES = (
    *("LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_NAME"),
    *("LOAD_CONST", "LOAD_SMALL_INT", "LOAD_GLOBAL", "PUSH_NULL"),
)
_PUSHES_TWO = ("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW")
_CONSTANTS = ("LOAD_CONST", "LOAD_SMALL_INT")

_CALLS = {"CALL": 2, "CALL_KW": 3}
"""How many values a call takes beside its arguments: what is called and its object or NULL, and a tuple of names."""

_MAKES: dict[str, Callable[[int], int]] = {
    **dict.fromkeys(("BUILD_LIST", "BUILD_TUPLE", "BUILD_SET", "BUILD_STRING", "BUILD_SLICE"), lambda count: count),
    **dict.fromkeys(("LIST_APPEND", "LIST_EXTEND", "SET_UPDATE", "DICT_UPDATE"), lambda place: place + 1),
    **dict.fromkeys(("BINARY_OP", "COMPARE_OP", "CONTAINS_OP", "IS_OP", "FORMAT_WITH_SPEC"), lambda _: 2),
    **dict.fromkeys(("UNARY_NEGATIVE", "UNARY_NOT", "UNARY_INVERT", "TO_BOOL"), lambda _: 1),
    **dict.fromkeys(("FORMAT_SIMPLE", "CONVERT_VALUE", "LIST_TO_TUPLE", "CALL_INTRINSIC_1"), lambda _: 1),
    "BUILD_MAP": lambda count: count * 2,
    "BUILD_CONST_KEY_MAP": lambda count: count + 1,
    "FORMAT_VALUE": lambda flags: 2 if flags & 4 else 1,
    "BINARY_SLICE": lambda _: 3,
}
"""Instructions that make one new value out of so many others, by their argument."""

_CHANGES = frozenset(
    {
        *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "appendleft", "extendleft"),
        *("popleft", "rotate", "update", "setdefault", "popitem", "add", "discard", "subtract"),
        *("difference_update", "intersection_update", "symmetric_difference_update", "move_to_end"),
    }
)
"""The methods by which a list, a dict, a set and their kin change themselves."""


def stores_constant(frame: FrameType | None) -> bool:
    """Whether this frame is just storing a constant: `stop.value = 1`, `shared["stop"] = True`, `stop.set(0)`."""
    return frame is not None and _stores_constant(frame.f_code, frame.f_lasti)


def stores_sum(frame: FrameType | None) -> bool:
    """Whether this frame is just storing a sum or a difference: `tallies[1] = before + 1`, `count.value += 1`."""
    return frame is not None and _stores_sum(frame.f_code, frame.f_lasti)


@functools.lru_cache(maxsize=256)
def _stores_constant(code: CodeType, offset: int) -> bool:
    stored = _stored(code, offset)
    return stored is not None and stored.opname in _CONSTANTS


@functools.lru_cache(maxsize=256)
def _stores_sum(code: CodeType, offset: int) -> bool:
    stored = _stored(code, offset)
    return stored is not None and stored.opname == "BINARY_OP" and stored.argrepr in ("+", "-", "+=", "-=")


def _stored(code: CodeType, offset: int) -> Any | None:
    """The instruction before what is stored to, whose result is stored; None: that is not certain."""
    before = [
        each
        for each in disassembler().get_instructions(code)
        if each.offset <= offset and each.opname not in _NO_EFFECT
    ]
    store = before.pop()
    needed = {"STORE_ATTR": 1, "STORE_SUBSCR": 2, "CALL": 0}.get(store.opname)
    if needed is None or (needed == 0 and store.arg != 1) or store.is_jump_target:
        return None
    if needed and before and before[-1].opname == "SWAP":  # `x.value += 1`: what is stored to came first
        return next((each for each in reversed(before) if each.opname != "SWAP"), None)
    while needed > 0 and before:  # go back over what is stored to: `self.stop`, `shared["stop"]`
        each = before.pop()
        if each.opname in _PUSHES:
            needed -= 1
        elif each.opname in _PUSHES_TWO:
            needed -= 2
        elif each.opname in ("BINARY_SUBSCR", "BINARY_OP"):
            needed += 1
        elif each.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
            return None
        if each.is_jump_target:  # `x.value = 0 if done else count`
            return None
    return before[-1] if needed == 0 and before else None


def is_dropped(frame: FrameType) -> bool:
    """Whether this frame lets go of what it is just calling for: `os.waitpid(pid, 0)`.

    By the bytes themselves: no process has to load the disassembler for that.
    """
    return _behind_call(frame.f_code.co_code, frame.f_lasti + _WIDTH) == _POP_TOP


_WIDTH = 2
"""Bytes of an instruction; the first one is its number."""

_CACHE = 0


def _behind_call(code: bytes, place: int) -> int:
    while place < len(code) and code[place] == _CACHE:
        place += _WIDTH
    return code[place] if place < len(code) else _POP_TOP  # there is nothing that could use it


def _pop_top() -> int:
    """The number of the instruction by which a result is dropped, which differs between Pythons."""
    code = compile("f()", "", "exec").co_code
    return code[max(place for place in range(0, len(code), _WIDTH) if code[place] == _CACHE) + _WIDTH]


_POP_TOP = _pop_top()


def changes_in_vain(frame: FrameType | None) -> bool:
    """Whether this frame changes what it is just reading, and then lets go of it: `shared["found"].append(1)`.

    Also where the copy has a name, if the function uses that name for nothing else. False wherever the code might use
    what it has changed: then it may have wanted a copy.
    """
    return frame is not None and _changes_in_vain(frame.f_code, frame.f_lasti)


@functools.lru_cache(maxsize=256)
def _changes_in_vain(code: CodeType, offset: int) -> bool:
    instructions = [each for each in disassembler().get_instructions(code) if each.opname not in _NO_EFFECT]
    following = [each for each in instructions if each.offset > offset]
    if following and following[0].opname in ("STORE_FAST", "STORE_FAST_LOAD_FAST"):
        stored = following[0].argval
        name = stored if isinstance(stored, str) else stored[0]
        loads = [place for place, each in enumerate(instructions) if name in _loaded(each)]
        return bool(loads) and all(_is_changed(instructions[place:], [], name) for place in loads)
    return _is_changed(following, ["copy"], "")


def _loaded(instruction: Any) -> tuple[str, ...]:
    """The local variables that an instruction loads."""
    if not instruction.opname.startswith(("LOAD_FAST", "STORE_FAST_LOAD_FAST")):
        return ()
    names = instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,)
    return names[1:] if instruction.opname.startswith("STORE") else names


def _is_changed(instructions: list[Any], stack: list[str], name: str) -> bool:
    """Whether the copy is changed and nothing else, up to where it leaves the interpreter's stack.

    `stack`: what lies on it, as far as it matters: "copy" is the copy or a part of it, "change" a method that changes
    it, "made" what is computed with it. `name`: the local variable that has the copy, where the first instruction loads
    it.
    """
    steps = iter(instructions)
    for each in steps:
        if name and each is instructions[0]:
            stack = ["copy" if loaded == name else "" for loaded in _loaded(each)]
        else:
            verdict = _step(each, stack, steps, name)
            if verdict is not None:
                return verdict
        if not any(stack):
            return False
    return False


def _step(each: Any, stack: list[str], steps: Iterator[Any], local: str) -> bool | None:
    """Follow one instruction. True: it changes the copy; False: it uses it, or nobody knows; None: neither yet."""
    name, argument = each.opname, each.arg or 0
    if name in _PUSHES:
        # From 3.11 on a function that is called next comes with a NULL.
        stack += [""] * (2 if name == "LOAD_GLOBAL" and argument & 1 else 1)
        if local in _loaded(each):
            stack[-1] = "copy"
    elif name in _PUSHES_TWO:
        stack += ["", ""]
    elif name == "COPY" and argument <= len(stack):
        stack.append(stack[-argument])
    elif name == "SWAP" and argument <= len(stack):
        stack[-1], stack[-argument] = stack[-argument], stack[-1]
    elif name in ("LOAD_ATTR", "LOAD_METHOD"):
        return _attribute(each, stack)
    elif name == "STORE_SUBSCR" and len(stack) >= 2:
        return stack[-2] == "copy" and not stack[-1] and stack[-3:-2] in ([], [""], ["made"])
    elif name == "DELETE_SUBSCR" and len(stack) >= 2:
        return stack[-2] == "copy"
    elif name == "BINARY_SUBSCR" or (name == "BINARY_OP" and each.argrepr == "[]"):
        key, owner = stack.pop(), stack.pop() if stack else ""
        if key:
            return False
        stack.append(owner)
    elif name in _CALLS and len(stack) >= argument + _CALLS[name]:
        return _call(stack, argument + _CALLS[name], steps)
    elif name in _MAKES:
        count = _MAKES[name](argument)
        used = set(stack[len(stack) - count :])
        if count > len(stack) or (used - {""} and (name != "BINARY_OP" or "change" in used)):
            return False
        stack[len(stack) - count :] = ["made" if used - {""} else ""]
    else:
        return False
    return None


def _attribute(each: Any, stack: list[str]) -> bool | None:
    """A method of the copy, or an attribute of something else."""
    owner = stack.pop() if stack else ""
    if owner and each.argval not in _CHANGES:
        return False
    stack.append("change" if owner else "")
    if each.opname == "LOAD_METHOD" or (each.opname == "LOAD_ATTR" and _with_self(each)):
        stack.append("")
    return None


def _with_self(each: Any) -> bool:
    """Whether an instruction LOAD_ATTR pushes a method and its object (from 3.12 on)."""
    return bool(disassembler().stack_effect(each.opcode, each.arg) == 1)


def _call(stack: list[str], values: int, steps: Iterator[Any]) -> bool | None:
    """A call that takes so many values; of a method that changes the copy, its result has to be thrown away."""
    called = stack[-values:]
    del stack[-values:]
    if "change" in called[:2] and not any(called[2:]):
        return str(next(steps).opname) == "POP_TOP"
    if any(called):
        return False
    stack.append("")
    return None
