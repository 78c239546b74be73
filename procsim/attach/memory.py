"""Reads the memory of a running process, through /proc/PID/mem and /proc/PID/maps. It is never stopped or written to.

    PID ──► Memory ──► bytes, words, mappings

While we read, the process may go on, end, or give memory back. What cannot be read is empty bytes, and a word that
cannot be read is 0: whoever reads a structure has to find it implausible then.
"""

import os
import re
import struct
from collections.abc import Iterator
from io import FileIO
from typing import NamedTuple

from procsim.attach.errors import NoSuchProcess, NotPermitted

PAGE = 4096
_SYSTEM_PAGE = os.sysconf("SC_PAGE_SIZE")
"""Some aarch64 systems have larger ones."""
PAGES_KEPT = 2048
"""Structures lie close together: 8 MB of pages that were just read."""

WORD = 8
_WORD_AT = struct.Struct("<Q").unpack_from
_NUMBER_AT = {size: struct.Struct(f"<{code}").unpack_from for size, code in {1: "b", 2: "h", 4: "i", 8: "q"}.items()}

WORDS_LIMIT = 8 << 20
"""So many words of tables are read of one process: what does not add up could refer to ever more of them."""


class Mapping(NamedTuple):
    """One row of /proc/PID/maps."""

    start: int
    end: int
    access: str
    """Such as "rw-p": "p" is private memory, "s" shared."""
    offset: int
    device: str
    inode: int
    path: str
    """Empty for memory that is no file's."""

    @property
    def file(self) -> tuple[str, int]:
        """Which file it maps: the same in each process that has it, deleted or not."""
        return self.device, self.inode


_ROW = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) (\S+) (\d+)\s*(.*)")


def mappings_of(pid: int) -> list[Mapping]:
    """The mappings of a process. Raises `NotPermitted`, or `NoSuchProcess` where it has just ended."""
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as file:
            rows = file.read().splitlines()
    except PermissionError as error:
        raise NotPermitted(pid) from error
    except OSError as error:
        raise NoSuchProcess(pid) from error
    return [_mapping(found) for row in rows if (found := _ROW.match(row)) is not None]


def _mapping(row: re.Match[str]) -> Mapping:
    start, end, access, offset, device, inode, path = row.groups()
    return Mapping(int(start, 16), int(end, 16), access, int(offset, 16), device, int(inode), path)


def places_of(word: int, data: bytes) -> Iterator[int]:
    """Where in these bytes a word stands, at multiples of its size. It is sought without its zeros: memory is full of
    others.
    """
    whole = word.to_bytes(WORD, "little")
    sought = whole.strip(b"\0")
    before = whole.find(sought)
    place = data.find(sought)
    while place >= 0:
        if not (place - before) % WORD and data.startswith(whole, max(0, place - before)):
            yield place - before
        place = data.find(sought, place + 1)


class Memory:
    """The memory of one process during one look. What was read stays as it was read, for a while."""

    def __init__(self, pid: int) -> None:
        """Raises `NotPermitted`, or `NoSuchProcess` where it has just ended."""
        self.pid = pid
        self.mappings = mappings_of(pid)
        try:
            self._file = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        except PermissionError as error:
            raise NotPermitted(pid) from error
        except OSError as error:
            raise NoSuchProcess(pid) from error
        self._pages: dict[int, bytes] = {}
        self._words_left = WORDS_LIMIT
        self._page_map: FileIO | None = None

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._file)
        if self._page_map is not None:
            self._page_map.close()

    def read(self, address: int, size: int) -> bytes:
        """So many bytes; empty where they cannot all be read."""
        if address < PAGE or size < 0:
            return b""
        first, inside = address // PAGE, address % PAGE
        if inside + size <= PAGE:
            return self._whole(self._page(first)[inside : inside + size], size)
        if size > 16 * PAGE:
            return self._whole(self.read_now(address, size), size)
        last = (address + size - 1) // PAGE
        data = b"".join(self._page(number) for number in range(first, last + 1))
        return self._whole(data[inside : inside + size], size)

    def read_now(self, address: int, size: int) -> bytes:
        """So many bytes, or fewer where no more can be read, as they are now."""
        try:
            return os.pread(self._file, size, address)
        except (OSError, OverflowError, ValueError):
            return b""

    def page_states(self, address: int, size: int) -> bytes:
        """Of the pages of so many bytes, the highest byte of each in /proc/PID/pagemap (proc(5)); empty: it cannot be
        read.
        """
        try:
            if self._page_map is None:
                self._page_map = open(f"/proc/{self.pid}/pagemap", "rb", buffering=0)  # noqa: SIM115
            first, count = address // _SYSTEM_PAGE, -(-size // _SYSTEM_PAGE)
            return os.pread(self._page_map.fileno(), count * WORD, first * WORD)[WORD - 1 :: WORD]
        except OSError:
            return b""

    @staticmethod
    def _whole(data: bytes, size: int) -> bytes:
        return data if len(data) == size else b""

    def _page(self, number: int) -> bytes:
        page = self._pages.get(number)
        if page is None:
            page = self.read_now(number * PAGE, PAGE)
            self._pages[number] = page
            if len(self._pages) > PAGES_KEPT:
                del self._pages[next(iter(self._pages))]
        return page

    def word(self, address: int) -> int:
        """The word (8 bytes) at this address; 0 where it cannot be read."""
        page = self._pages.get(address >> 12)
        if page and address & 0xFFF <= PAGE - WORD:  # most are, so this comes before all else
            return int(_WORD_AT(page, address & 0xFFF)[0])
        return int.from_bytes(self.read(address, WORD), "little")

    def words(self, address: int, count: int) -> list[int]:
        """So many words; none where they cannot all be read."""
        self._words_left -= max(0, count)
        data = self.read(address, count * WORD) if self._words_left >= 0 else b""
        return [*struct.unpack(f"<{len(data) // WORD}Q", data)]

    def words_up_to(self, address: int, size: int) -> list[int]:
        """The words of so many bytes, or of fewer where the memory ends before."""
        data = self.read_now(address, size) if address >= PAGE else b""
        return [*struct.unpack_from(f"<{len(data) // WORD}Q", data)]

    def number(self, address: int, size: int = 4) -> int:
        """A number of 1, 2, 4 or 8 bytes with a sign; 0 where it cannot be read."""
        page = self._pages.get(address >> 12)
        if page and address & 0xFFF <= PAGE - size:
            return int(_NUMBER_AT[size](page, address & 0xFFF)[0])
        return int.from_bytes(self.read(address, size), "little", signed=True)

    def text(self, address: int, limit: int = 200) -> str:
        """A text that ends with a zero byte; empty where there is none of printable ASCII."""
        data = self.read_now(address, limit).split(b"\0")[0] if address >= PAGE else b""
        return data.decode() if data.isascii() and data.decode().isprintable() else ""
