"""What a thread waits for, by the line of its system call: on x86-64, and on aarch64, where no other test runs."""

from pathlib import Path

import pytest

from procsim.diagnosis.blocked_threads import NUMBERS, Blocked, End, Numbers, blocked_in

READING, WRITING, SOCKET = End(81, False), End(82, True), End(83, True, True)
DESCRIPTORS = {3: READING, 4: WRITING, 5: SOCKET}

REGISTERS = "0x0 0x0 0xffffd1a5b3a0 0xffff9a1c4d8c"
"""The last two arguments, the stack pointer, and the place in the program."""

GENERIC = (
    "epoll_pwait 22, read 63, write 64, readv 65, writev 66, ppoll 73, waitid 95, futex 98, accept 202, sendto 206, "
    "recvfrom 207, sendmsg 211, recvmsg 212, accept4 242, wait4 260"
)
"""From include/uapi/asm-generic/unistd.h of Linux 6.1, which aarch64 uses."""
X86 = (
    "read 0, write 1, poll 7, readv 19, writev 20, accept 43, sendto 44, recvfrom 45, sendmsg 46, recvmsg 47, "
    "wait4 61, futex 202, epoll_wait 232, waitid 247, ppoll 271, epoll_pwait 281, accept4 288"
)
MACHINES = {
    machine: {name: int(number) for name, number in (row.split() for row in table.split(", "))}
    for machine, table in {"x86_64": X86, "aarch64": GENERIC}.items()
}

CALLS: dict[str, tuple[str, Blocked | None]] = {
    "a lock that processes share": ("futex 0xffff9a3f2000 0x109 0x0 0x0", Blocked("shared")),
    "a lock of its own process": ("futex 0xaaaaf2d81a60 0x189 0x0 0x0", Blocked("inner")),
    "a lock, with a time limit": ("futex 0xffff9a3f2000 0x109 0x0 0xffffd1a5b4c8", Blocked("timed")),
    "it wakes others": ("futex 0xffff9a3f2000 0x81 0x1 0x0", None),
    "reads from a pipe": ("read 0x3 0xffff98e4f020 0x4 0xffff", Blocked("read", (READING,), size=4)),
    "reads into several": ("readv 0x3 0xffff98e4f020 0x2 0x0", Blocked("read", (READING,))),
    "receives from a socket": ("recvfrom 0x5 0xffff98e4f020 0x10000 0x0", Blocked("read", (SOCKET,), size=65536)),
    "receives a message": ("recvmsg 0x5 0xffff98e4f020 0x0 0x0", Blocked("read", (SOCKET,))),
    "writes into a pipe": ("write 0x4 0xffff98e4f020 0x10004 0x0", Blocked("write", (WRITING,))),
    "writes from several": ("writev 0x4 0xffff98e4f020 0x2 0x0", Blocked("write", (WRITING,))),
    "sends": ("sendto 0x5 0xffff98e4f020 0x10 0x0", Blocked("write", (SOCKET,))),
    "sends a message": ("sendmsg 0x5 0xffff98e4f020 0x0 0x0", Blocked("write", (SOCKET,))),
    "reads a file": ("read 0x9 0xffff98e4f020 0x1000 0x0", None),
    "polls": ("ppoll 0xffffd1a5b4c8 0x2 0x0 0x0", Blocked("poll", (READING, SOCKET))),
    "polls, with a time limit": ("ppoll 0xffffd1a5b4c8 0x2 0xffffd1a5b400 0x0", None),
    "a child": ("wait4 0x126a 0xffffd1a5b4c8 0x0 0x0", Blocked("child", child=4714)),
    "any child": ("wait4 0xffffffff 0xffffd1a5b4c8 0x0 0x0", Blocked("child")),
    "a child, by waitid": ("waitid 0x1 0x126a 0xffffd1a5b4c8 0x4", Blocked("child", child=4714)),
    "any child, by waitid": ("waitid 0x0 0x0 0xffffd1a5b4c8 0x4", Blocked("child")),
    "accepts": ("accept4 0x6 0xffffd1a5b4c8 0xffffd1a5b4c0 0x80000", Blocked("accept")),
    "accepts, as ever": ("accept 0x6 0xffffd1a5b4c8 0xffffd1a5b4c0 0x0", Blocked("accept")),
    "events": ("epoll_pwait 0x7 0xaaaaf2d81a60 0x3 0xffffffff", Blocked("events")),
    "events, with a time limit": ("epoll_pwait 0x7 0xaaaaf2d81a60 0x3 0x3e8", None),
}
"""A line of /proc/PID/syscall, with the name of the call for its number, and what it shows."""


def polled(address: int, count: int) -> tuple[End, ...] | None:
    return (READING, SOCKET) if (address, count) == (0xFFFFD1A5B4C8, 2) else None


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", CALLS)
def test_what_a_thread_waits_for(name: str, machine: str) -> None:
    line, shown = CALLS[name]
    call, _, arguments = line.partition(" ")
    numbers = NUMBERS["Linux", machine]
    line = f"{MACHINES[machine][call]} {arguments} {REGISTERS}\n"
    assert blocked_in(line, numbers, DESCRIPTORS, polled) == shown


@pytest.mark.parametrize("line", ["running\n", "-1 0xffffd1a5b3a0 0xffff9a1c4d8c\n", ""])
@pytest.mark.parametrize("machine", MACHINES)
def test_who_stands_in_no_call_waits_for_nothing(line: str, machine: str) -> None:
    assert blocked_in(line, NUMBERS["Linux", machine], DESCRIPTORS, polled) is None


@pytest.mark.parametrize(
    ("machine", "header"),
    [("aarch64", "asm-generic/unistd.h"), ("x86_64", "x86_64-linux-gnu/asm/unistd_64.h")],
)
def test_the_numbers_are_those_of_the_system(machine: str, header: str) -> None:
    path = Path("/usr/include", header)
    if not path.exists():
        pytest.skip("the headers of Linux are not installed")
    rows = [row.split() for row in path.read_text().splitlines() if row.startswith("#define __NR")]
    there = {row[1].removeprefix("__NR_"): int(row[2]) for row in rows if row[2:] and row[2].isdigit()}
    assert {name: there[name] for name in MACHINES[machine]} == MACHINES[machine]


@pytest.mark.parametrize("machine", MACHINES)
def test_each_number_is_that_of_a_call_that_is_known(machine: str) -> None:
    numbers: Numbers = NUMBERS["Linux", machine]
    flat = [number for row in numbers for number in (row if isinstance(row, tuple) else (row,))]
    assert {*flat} - {-1} <= {*MACHINES[machine].values()}
