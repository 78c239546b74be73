"""What a thread waits for that waits for any of what it has registered, as a loop of asyncio does."""

import os
import subprocess
import sys

import pytest

from procsim.diagnosis.blocked_threads import READABLE, Blocked, End, blocked
from procsim.diagnosis.snapshot import ends_of, peers_for

pytestmark = pytest.mark.skipif(not READABLE, reason="needs /proc")


def test_they_are_only_looked_for_where_a_loop_waits_for_sockets() -> None:
    assert peers_for([None, Blocked("read", (End(1, False, True),)), Blocked("events", (End(1, False),))]) == {}


LOOP = """
import os, select, socket, sys
near, far = socket.socketpair()
reading, writing = os.pipe()
loop = select.epoll()
for end in (near, reading):
    loop.register(end, select.EPOLLIN)
if sys.argv[1:]:
    loop.register(os.eventfd(0), select.EPOLLIN)
print(os.fstat(near.fileno()).st_ino, os.fstat(reading).st_ino, flush=True)
loop.poll()
"""


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.skipif(not hasattr(os, "eventfd"), reason="needs eventfd")
def test_what_a_loop_has_registered(more: bool) -> None:
    command = [sys.executable, "-c", LOOP, *(["more"] if more else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        near, reading = map(int, program.stdout.readline().split())
        seen = None
        while seen is None and program.poll() is None:  # until it waits
            seen = blocked(program.pid, str(program.pid), ends_of(str(program.pid)))
        program.kill()
    known = (End(near, True, True), End(reading, False))
    assert seen is not None and seen.how == "events" and {*seen.ends} == ({*known} if not more else set())
