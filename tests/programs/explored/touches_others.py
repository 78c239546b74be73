"""Does one thing to a process: which one, and its PID, its command line says; to a child of its own where that is 0.

The child has a session of its own, as a daemon has.
"""

import os
import resource
import signal
import sys
from multiprocessing import Process


def by_descriptor(pid: int) -> None:
    signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGTERM)


WAYS = {
    "kill": lambda pid: os.kill(pid, signal.SIGTERM),
    "kill_group": lambda pid: os.killpg(os.getpgid(pid), signal.SIGTERM),
    "by_descriptor": by_descriptor,
    "priority": lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 5),
    "priority_of_group": lambda pid: os.setpriority(which=os.PRIO_PGRP, who=os.getpgid(pid), priority=5),
    "cores": lambda pid: os.sched_setaffinity(pid, {min(os.sched_getaffinity(0))}),
    "scheduler": lambda pid: os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0)),
    "limit": lambda pid: resource.prlimit(pid, resource.RLIMIT_NOFILE, (100, 100)),
}


def touch(way: str, pid: int) -> None:
    child = 0
    if not pid:
        reading, writing = os.pipe()
        child = pid = os.fork()
        if not child:
            os.setsid()
            os.write(writing, b"!")
            signal.pause()
        os.read(reading, 1)
    WAYS[way](pid)
    if child:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    process = Process(target=touch, args=(sys.argv[1], int(sys.argv[2])), name="toucher")
    process.start()
    process.join()
    sys.exit(process.exitcode)
