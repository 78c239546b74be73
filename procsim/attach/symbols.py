"""Finds where the interpreter of a process keeps what has a name, such as `_PyRuntime`: in memory, not in its files.

    mapped ELF object ──► program headers ──► dynamic section ──► hash table ──► address of a symbol

A file may have been replaced meanwhile, or lie in a container; the tables that the dynamic linker uses are in memory.
The format: the ELF specification, and for the hash table https://flapenguin.me/elf-dt-gnu-hash.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from procsim.attach.memory import Mapping, Memory

_HEADER = struct.Struct("<16xHHIQQQIHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_LOAD, _DYNAMIC = 1, 2
_STRINGS, _SYMBOLS, _GNU_HASH = 5, 6, 0x6FFFFEF5
_POSITION_INDEPENDENT = 3
_SEGMENTS_LIMIT, _TAGS_LIMIT, _CHAIN_LIMIT = 64, 128, 4096


def objects_of(memory: Memory) -> Iterator[Mapping]:
    """The first mapping of each file that may be a program or library: it begins with an ELF header of 64 bits."""
    for mapping in memory.mappings:
        if mapping.inode and not mapping.offset and memory.read(mapping.start, 5) == b"\x7fELF\x02":
            yield mapping


class Symbols:
    """The dynamic symbols of one mapped object."""

    def __init__(self, memory: Memory, mapping: Mapping) -> None:
        self._memory = memory
        self._bias, self._tables = 0, _Tables()
        header = memory.read(mapping.start, _HEADER.size)
        if not header:
            return
        kind, _, _, _, segments, _, _, _, size, count = _HEADER.unpack(header)
        rows = [
            _SEGMENT.unpack(data)
            for number in range(min(count, _SEGMENTS_LIMIT))
            if (data := memory.read(mapping.start + segments + number * size, _SEGMENT.size))
        ]
        first = next((row[3] for row in rows if row[0] == _LOAD), 0)
        self._bias = mapping.start - first if kind == _POSITION_INDEPENDENT else 0
        for row in rows:
            if row[0] == _DYNAMIC:
                self._tables = self._read_dynamic(row[3] + self._bias, mapping.start)

    def _read_dynamic(self, address: int, start: int) -> "_Tables":
        found: dict[int, int] = {}
        for number in range(_TAGS_LIMIT):
            pair = self._memory.words(address + 16 * number, 2)
            if not pair or not pair[0]:
                break
            # The linker may have made an address of the offset in the object, or not.
            found[pair[0]] = pair[1] if pair[1] >= start else pair[1] + self._bias
        return _Tables(found.get(_STRINGS, 0), found.get(_SYMBOLS, 0), found.get(_GNU_HASH, 0))

    def address(self, name: str) -> int:
        """The address of a symbol that the object defines; 0: it defines none of that name."""
        strings, symbols, table = self._tables
        counts = self._memory.read(table, 16) if table else b""
        if not counts:
            return 0
        buckets, offset, filters, _ = struct.unpack("<4I", counts)
        if not buckets:
            return 0
        start = table + 16 + 8 * filters
        hashed = _hash(name)
        number = self._memory.number(start + 4 * (hashed % buckets)) & 0xFFFFFFFF
        for index in range(number, number + _CHAIN_LIMIT) if number >= offset else ():
            link = self._memory.number(start + 4 * buckets + 4 * (index - offset)) & 0xFFFFFFFF
            if link | 1 == hashed | 1 and (found := self._symbol(symbols, strings, index, name)):
                return found
            if link & 1:
                break
        return 0

    def _symbol(self, symbols: int, strings: int, index: int, name: str) -> int:
        data = self._memory.read(symbols + _SYMBOL.size * index, _SYMBOL.size)
        if not data:
            return 0
        start, _, _, section, value, _ = _SYMBOL.unpack(data)
        if not section or self._memory.read(strings + start, len(name) + 1) != name.encode() + b"\0":
            return 0
        return int(value) + self._bias


class _Tables(NamedTuple):
    """Where the tables of the dynamic linker stand; 0: there are none."""

    strings: int = 0
    symbols: int = 0
    hashes: int = 0


def _hash(name: str) -> int:
    number = 5381
    for letter in name.encode():
        number = (number * 33 + letter) & 0xFFFFFFFF
    return number
