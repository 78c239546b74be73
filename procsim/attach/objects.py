"""Reads Python objects in the memory of a process: names, numbers, containers and attributes, never anything at large.

    address ──► Objects ──► the type, the text, the items, the attributes

A structure that does not add up is unknown: None, or empty. The process may be changing it just now.
"""

from collections.abc import Iterator
from typing import NamedTuple

from procsim.attach.layouts import Layout
from procsim.attach.memory import Memory

_TYPE = 8
_SIZE = 16
"""Of what has a variable size: how many items it has."""
_TYPE_NAME, _BASIC_SIZE, _FLAGS, _DICT_OFFSET, _MRO = 24, 32, 168, 288, 344
_MANAGED_DICT, _INLINE_VALUES, _IS_TYPE = 1 << 4, 1 << 2, 1 << 31
_USED, _KEYS, _VALUES = 16, 32, 40
"""In a dict."""
_LIST_ITEMS, _DIGITS = 24, 24
_SET_MASK, _SET_TABLE = 32, 40
_MODULE_DICT, _REFERENT = 16, 16
_GENERAL_KEYS = 0

TEXT_LIMIT = 200
ITEMS_LIMIT = 100_000


class Known(NamedTuple):
    """The addresses of what each interpreter has: its types by their names, and its singletons."""

    types: dict[str, int]
    none: int
    true: int
    false: int


class Objects:
    """The objects in the memory of one process."""

    def __init__(self, memory: Memory, layout: Layout, known: Known) -> None:
        self.memory = memory
        self.layout = layout
        self.known = known
        self._type_names: dict[int, str] = {}
        self._texts: dict[int, str | None] = {}
        """By address: most names stand in many dicts."""
        self._names: dict[int, list[str | None]] = {}
        """The names of attributes by the address of the keys that instances of a class share."""

    # Types ---------------------------------------------------------------------------------------------------

    def type_of(self, address: int) -> int:
        """The address of its type; 0: unknown."""
        return self.memory.word(address + _TYPE) if address and not address % 8 else 0

    def is_a(self, address: int, name: str) -> bool:
        """Whether it is exactly of this built-in type, such as "dict"."""
        return bool(address) and self.type_of(address) == self.known.types.get(name)

    def type_name(self, address: int) -> str:
        """The name of its class, such as "Lock"; empty where it is no object."""
        kind = self.type_of(address)
        if kind not in self._type_names:
            self._type_names[kind] = self._name_of_type(kind) if self._is_type(kind) else ""
        return self._type_names[kind]

    def _name_of_type(self, kind: int) -> str:
        return self.memory.text(self.memory.word(kind + _TYPE_NAME))

    def _is_type(self, kind: int) -> bool:
        meta = self.type_of(kind)
        if not meta:
            return False
        return meta == self.known.types.get("type") or bool(self.memory.word(meta + _FLAGS) & _IS_TYPE)

    def ancestry(self, address: int) -> list[int]:
        """The class of an object, and those that it is derived from: its `__mro__`."""
        return self.items(self.memory.word(self.type_of(address) + _MRO))

    # Values --------------------------------------------------------------------------------------------------

    def text(self, address: int) -> str | None:
        """A short str; None where it is no such."""
        if address not in self._texts:
            self._texts[address] = self._text(address)
        return self._texts[address]

    def _text(self, address: int) -> str | None:
        if not self.is_a(address, "str"):
            return None
        length = self.memory.number(address + 16, 8)
        if not 0 <= length <= TEXT_LIMIT:
            return None
        state = self.memory.number(address + 32) >> self.layout.kind_shift
        kind, compact, ascii_only = state & 7, state >> 3 & 1, state >> 4 & 1
        if not compact or kind not in (1, 2, 4):
            return None
        data = self.memory.read(address + (self.layout.text if ascii_only else self.layout.wide_text), length * kind)
        try:
            return data.decode({1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}[kind])
        except UnicodeDecodeError:
            return None

    def integer(self, address: int) -> int | None:
        """An int of at most 90 bits, or a bool; None where it is no such."""
        if address in (self.known.true, self.known.false):
            return int(address == self.known.true)
        if not self.is_a(address, "int"):
            return None
        size = self.memory.number(address + _SIZE, 8)
        if self.layout.tagged_int:
            digits, negative = size >> 3, size & 3 == 2
        else:
            digits, negative = abs(size), size < 0
        if not 0 <= digits <= 3:
            return None
        value = sum(
            (self.memory.number(address + _DIGITS + 4 * place) & 0x3FFFFFFF) << 30 * place for place in range(digits)
        )
        return -value if negative else value

    def is_none(self, address: int) -> bool:
        return address == self.known.none

    # Containers ----------------------------------------------------------------------------------------------

    def items(self, address: int) -> list[int]:
        """The items of a list or a tuple; none where it is neither."""
        count = self.memory.number(address + _SIZE, 8) if address else 0
        if not 0 < count <= ITEMS_LIMIT:
            return []
        if self.is_a(address, "list"):
            return self.memory.words(self.memory.word(address + _LIST_ITEMS), count)
        if self.is_a(address, "tuple"):
            return self.memory.words(address + self.layout.tuple_items, count)
        return []

    def members(self, address: int) -> list[int]:
        """The members of a set; none where it is no set."""
        if not self.is_a(address, "set"):
            return []
        mask = self.memory.number(address + _SET_MASK, 8)
        if not 0 <= mask < ITEMS_LIMIT:
            return []
        table = self.memory.words(self.memory.word(address + _SET_TABLE), 2 * (mask + 1))
        return [key for key in table[::2] if key and self.type_name(key) != "object"]  # a dummy where one was removed

    def length(self, address: int) -> int:
        """How many items a list, a tuple, a deque or bytes have."""
        return max(0, self.memory.number(address + _SIZE, 8)) if address else 0

    def pairs(self, address: int) -> Iterator[tuple[int, int]]:
        """The keys and the values of a dict; none where it is no dict, or none that can be read."""
        if not self.type_of(address):
            return
        keys, values = self.memory.word(address + _KEYS), self.memory.word(address + _VALUES)
        if not 0 <= self.memory.number(address + _USED, 8) <= ITEMS_LIMIT or not keys:
            return
        entries = self._entries(keys)
        if not values:
            yield from ((key, value) for key, value in entries if key and value)
            return
        if self.layout.managed == "inline":
            values += 8  # its header
        for (key, _), value in zip(entries, self.memory.words(values, len(entries)), strict=False):
            if key and value:
                yield key, value

    def _entries(self, keys: int) -> list[tuple[int, int]]:
        """The pairs in a dict's keys; in those that instances share, no values."""
        header = self.memory.read(keys, self.layout.keys_header)
        if not header:
            return []
        if self.layout.log2_sizes:
            log2_indices, kind = header[9], header[10]
            indices = 1 << log2_indices if log2_indices < 30 else 0
            count = int.from_bytes(header[24:32], "little")
            width = 3 if kind == _GENERAL_KEYS else 2
        else:
            size, count = (int.from_bytes(header[place : place + 8], "little") for place in (8, 32))
            indices = size * (1 if size <= 0xFF else 2 if size <= 0xFFFF else 4)
            width = 3
        if not indices or not 0 <= count <= ITEMS_LIMIT:
            return []
        words = self.memory.words(keys + self.layout.keys_header + indices, count * width)
        rows = range(0, len(words) - width + 1, width)
        return [(words[row + width - 2], words[row + width - 1]) for row in rows]

    def named(self, address: int) -> dict[str, int]:
        """The values of a dict by those of its keys that are texts."""
        return {name: value for key, value in self.pairs(address) if (name := self.text(key)) is not None}

    def value(self, address: int, name: str) -> int:
        """The value of a dict by a key that is a text; 0: there is none. Quicker than all of them, as in `named`."""
        return next((value for key, value in self.pairs(address) if self.text(key) == name), 0)

    # Attributes ----------------------------------------------------------------------------------------------

    def attributes(self, address: int) -> dict[str, int]:
        """The attributes of an instance, by name; of a module what stands in it. Empty where none can be read."""
        held, values, kind = self._attributes(address)
        if not values:
            return self.named(held)
        names = self._shared_names(kind)
        found = self.memory.words(values, len(names))
        return {name: value for name, value in zip(names, found, strict=False) if name and value}

    def attribute(self, address: int, name: str) -> int:
        """One of its attributes; 0: it has none of that name, or it cannot be read."""
        held, values, kind = self._attributes(address)
        if not values:
            return self.value(held, name)
        names = self._shared_names(kind)
        return self.memory.word(values + 8 * names.index(name)) if name in names else 0

    def _attributes(self, address: int) -> tuple[int, int, int]:
        """Where an instance has its attributes: the address of a dict, or that of the values, and its class; zeros."""
        kind = self.type_of(address)
        if not kind:
            return 0, 0, 0
        if kind == self.known.types.get("module"):
            return self.memory.word(address + _MODULE_DICT), 0, kind
        flags = self.memory.word(kind + _FLAGS)
        if self.layout.managed == "dict" or not flags & _MANAGED_DICT:
            offset = self.memory.number(kind + _DICT_OFFSET, 8)
            return self.memory.word(address + offset) if 0 < offset < 4096 else 0, 0, kind
        held, beside = self.memory.word(address - 24), self.memory.word(address - 32)
        if self.layout.managed == "values":
            return held, beside, kind
        if self.layout.managed == "tagged":
            return (0, held + 1, kind) if held & 1 else (held, 0, kind)
        if held or not flags & _INLINE_VALUES:
            return held, 0, kind
        values = address + self.memory.number(kind + _BASIC_SIZE, 8)
        return 0, values + 8 if self.memory.read(values + 3, 1) == b"\1" else 0, kind

    def _shared_names(self, kind: int) -> list[str | None]:
        """The names of the attributes of the instances of a class, in the order of their values."""
        keys = self.memory.word(kind + self.layout.cached_keys)
        if keys not in self._names:
            self._names[keys] = [self.text(key) for key, _ in self._entries(keys)] if keys else []
        return self._names[keys]

    def referent(self, reference: int) -> int:
        """What a weak reference or a cell refers to; 0: nothing any more."""
        return self.memory.word(reference + _REFERENT)

    def items_counted(self, address: int) -> int | None:
        """How many numbers an `itertools.count(1)` has given; None where it is none."""
        if self.type_name(address) != "itertools.count":
            return None
        return max(0, self.memory.number(address + 16, 8) - 1)

    # Functions -----------------------------------------------------------------------------------------------

    def function_name(self, function: int) -> str:
        """The name of a Python function; empty where it is none."""
        if not self.is_a(function, "function"):
            return ""
        return (
            self.text(self.memory.word(self.memory.word(function + self.layout.function_code) + self.layout.code_name))
            or ""
        )

    def function_globals(self, function: int) -> int:
        """The address of the dict with the global names of a Python function's module; 0 where it is none."""
        return self.memory.word(function + self.layout.function_globals) if self.is_a(function, "function") else 0

    def bound_to(self, method: int) -> tuple[int, int]:
        """The function of a bound method, and the object that it is bound to; zeros where it is no such."""
        return (self.memory.word(method + 16), self.memory.word(method + 24)) if self.is_a(method, "method") else (0, 0)

    def parameters(self, function: int) -> list[str]:
        """The names of the parameters of a Python function that may be given by place."""
        if not self.is_a(function, "function"):
            return []
        code = self.memory.word(function + self.layout.function_code)
        count = self.memory.number(code + self.layout.code_arguments)
        names = [self.text(name) for name in self.items(self.memory.word(code + self.layout.code_names))]
        return [name for name in names[:count] if name]
