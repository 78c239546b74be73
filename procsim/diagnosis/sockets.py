"""Which two sockets of this machine are the ends of one connection: of a two-way Pipe, of a loop of asyncio, which is
woken up by such a pair, or of a client and its server.

    netlink (sock_diag) ──► all connected UNIX and TCP sockets, each with its peer ──► by inode

/proc shows that a process has a socket, and not where that leads. The system's own list does: sock_diag(7), unix_diag,
inet_diag. Where it may not be asked, or another network namespace is meant, nothing is known.
"""

import contextlib
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv6Address

_SOCK_DIAG, _BY_FAMILY = 4, 20
_REQUEST, _DUMP = 1, 0x300
_SHOW_PEER = 4
_ALL_STATES = 0xFFFFFFFF
_CONNECTED = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 8
"""The states of TCP in which there is another end that may send: ESTABLISHED, FIN_WAIT1 and 2, CLOSE_WAIT."""
_PEER = 2
"""The attribute of an answer that has the inode of the other end."""
_DONE, _ERROR = 3, 2
_HEADER = struct.Struct("=IHHII")
_UNIX_QUESTION = struct.Struct("=BBHIIIII")
_UNIX_ANSWER = struct.Struct("=BBBBIII")
_TCP_QUESTION = struct.Struct("=BBBBI48x")
_TCP_ANSWER = struct.Struct("!BBBBHH16s16s")
_INODE_OF_TCP = 4 + 48 + 16
"""Where an answer about a TCP socket has its inode."""
_ATTRIBUTE = struct.Struct("=HH")
_LONGEST_SECONDS = 2.0

_Address = tuple[bytes, int]


def peers() -> dict[int, int]:
    """The inode of the other end of each connected UNIX or TCP socket, by the inode of the one."""
    found: dict[int, int] = {}
    with contextlib.suppress(struct.error):
        found.update(_unix_peers())
        found.update(_tcp_peers())
    return found


def _unix_peers() -> Iterator[tuple[int, int]]:
    for answer in _answers(_UNIX_QUESTION.pack(socket.AF_UNIX, 0, 0, _ALL_STATES, 0, _SHOW_PEER, 0, 0)):
        peer = _peer(answer[_UNIX_ANSWER.size :])
        if peer:
            yield _UNIX_ANSWER.unpack_from(answer)[4], peer


def _tcp_peers() -> Iterator[tuple[int, int]]:
    """Two sockets of one connection: where one is, the other one leads, and the other way round."""
    inodes: dict[tuple[_Address, _Address], int] = {}
    for family in (socket.AF_INET, socket.AF_INET6):
        for answer in _answers(_TCP_QUESTION.pack(family, socket.IPPROTO_TCP, 0, 0, _CONNECTED)):
            *_, port, other_port, address, other_address = _TCP_ANSWER.unpack_from(answer)
            (inode,) = struct.unpack_from("=I", answer, _INODE_OF_TCP)
            one, other = (_alike(family, each) for each in (address, other_address))
            if inode:
                inodes[(one, port), (other, other_port)] = inode
    for (near, far), inode in inodes.items():
        if (far, near) in inodes:
            yield inode, inodes[far, near]


def _alike(family: int, address: bytes) -> bytes:
    """An address, which a socket of IPv6 has in another way where it is one of IPv4."""
    mapped = IPv6Address(address).ipv4_mapped if family == socket.AF_INET6 else None
    return mapped.packed if mapped else address[: 4 if family == socket.AF_INET else 16]


def _answers(question: bytes) -> Iterator[bytes]:
    """What the system answers, a piece for each socket; it ends early where it may not be asked, or is too slow."""
    with (
        contextlib.suppress(OSError, AttributeError),
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as asked,
    ):
        asked.settimeout(_LONGEST_SECONDS)
        asked.send(_HEADER.pack(_HEADER.size + len(question), _BY_FAMILY, _REQUEST | _DUMP, 1, 0) + question)
        while True:
            data, place = asked.recv(1 << 20), 0
            while place + _HEADER.size <= len(data):
                length, kind, *_ = _HEADER.unpack_from(data, place)
                if kind in (_DONE, _ERROR) or length < _HEADER.size:
                    return
                yield data[place + _HEADER.size : place + length]
                place += length + 3 & ~3


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
