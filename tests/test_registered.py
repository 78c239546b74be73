"""What a thread waits for that waits for any of what it has registered, as a loop of asyncio does."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest

from procsim.diagnosis.blocked_threads import READABLE, Blocked, End, blocked
from procsim.diagnosis.snapshot import ends_of, peers_for

pytestmark = pytest.mark.skipif(not READABLE, reason="needs /proc")


def test_they_are_only_looked_for_where_a_thread_waits_for_a_socket() -> None:
    assert (
        peers_for([None, Blocked("accept"), Blocked("read", (End(1, False),)), Blocked("events", (End(1, False),))])
        == {}
    )


def connections() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two sockets that are connected, of each kind that this machine has."""
    yield socket.socketpair()
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.create_server((address, 0), family=family) as door:
            yield socket.create_connection(door.getsockname()[:2]), door.accept()[0]
    for_both = partial(socket.create_server, family=socket.AF_INET6, dualstack_ipv6=True)
    with contextlib.suppress(OSError), for_both(("::", 0)) as door:
        yield socket.create_connection(("127.0.0.1", door.getsockname()[1])), door.accept()[0]


def test_the_other_end_of_a_connection() -> None:
    for one, other in connections():
        with one, other:
            near, far = (os.fstat(each.fileno()).st_ino for each in (one, other))
            found = peers_for([Blocked("read", (End(near, True, True),))])
            assert (found[near], found[far]) == (far, near)


LOOP = """
import os, select, socket, sys
near, far = socket.socketpair()
reading, writing = os.pipe()
loop = select.epoll()
for end in (near, reading):
    loop.register(end, select.EPOLLIN)
if "event" in sys.argv:
    loop.register(os.eventfd(0), select.EPOLLIN)
if "child" in sys.argv:
    loop.register(os.pidfd_open(os.getppid()), select.EPOLLIN)
print(os.fstat(near.fileno()).st_ino, os.fstat(reading).st_ino, flush=True)
loop.poll()
"""


@pytest.mark.parametrize("more", ["", "event", "child"])
@pytest.mark.skipif(not hasattr(os, "eventfd"), reason="needs eventfd")
def test_what_a_loop_has_registered(more: str) -> None:
    """Ends of pipes and sockets, the end of a process, or something else."""
    command = [sys.executable, "-c", LOOP, more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        near, reading = map(int, program.stdout.readline().split())
        seen = None
        while seen is None and program.poll() is None:  # until it waits
            seen = blocked(program.pid, str(program.pid), ends_of(str(program.pid)))
        program.kill()
    known = (End(near, True, True), End(reading, False))
    assert seen is not None and seen.how == "events" and {*seen.ends} == (set() if more == "event" else {*known})
    assert seen.children == ((os.getpid(),) if more == "child" else ())
