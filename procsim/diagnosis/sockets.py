"""Which two sockets of this machine are the ends of one connection: a two-way Pipe of multiprocessing's has two, and a
loop of asyncio, which is woken up by them.

    netlink (sock_diag) ──► all UNIX sockets, each with its peer ──► by inode

/proc shows that a process has a socket, and not where that leads. The system's own list does: sock_diag(7), unix_diag.
Where it may not be asked, or another network namespace is meant, nothing is known.
"""

import contextlib
import socket
import struct

_SOCK_DIAG, _BY_FAMILY = 4, 20
_REQUEST, _DUMP = 1, 0x300
_SHOW_PEER = 4
_ALL_STATES = 0xFFFFFFFF
_PEER = 2
"""The attribute of an answer that has the inode of the other end."""
_DONE, _ERROR = 3, 2
_HEADER = struct.Struct("=IHHII")
_QUESTION = struct.Struct("=BBHIIIII")
_ANSWER = struct.Struct("=BBBBIII")
_ATTRIBUTE = struct.Struct("=HH")
_LONGEST_SECONDS = 2.0


def peers() -> dict[int, int]:
    """The inode of the other end of each connected UNIX socket, by the inode of the one."""
    found: dict[int, int] = {}
    with (
        contextlib.suppress(OSError, AttributeError, struct.error),
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as asked,
    ):
        asked.settimeout(_LONGEST_SECONDS)
        question = _QUESTION.pack(socket.AF_UNIX, 0, 0, _ALL_STATES, 0, _SHOW_PEER, 0, 0)
        asked.send(_HEADER.pack(_HEADER.size + len(question), _BY_FAMILY, _REQUEST | _DUMP, 1, 0) + question)
        while _read(asked.recv(1 << 20), found):
            pass
    return found


def _read(data: bytes, found: dict[int, int]) -> bool:
    """Add what an answer has. Returns whether more is to come."""
    place = 0
    while place + _HEADER.size <= len(data):
        length, kind, *_ = _HEADER.unpack_from(data, place)
        if kind in (_DONE, _ERROR) or length < _HEADER.size:
            return False
        start, end = place + _HEADER.size, place + length
        inode = _ANSWER.unpack_from(data, start)[4]
        peer = _peer(data[start + _ANSWER.size : end])
        if peer:
            found[inode] = peer
        place += length + 3 & ~3
    return True


def _peer(attributes: bytes) -> int:
    place = 0
    while place + _ATTRIBUTE.size <= len(attributes):
        length, kind = _ATTRIBUTE.unpack_from(attributes, place)
        if length < _ATTRIBUTE.size:
            return 0
        if kind == _PEER:
            return int.from_bytes(attributes[place + 4 : place + 8], "little")
        place += length + 3 & ~3
    return 0
