"""A handler of SIGCHLD waits for every child that has ended, and so takes exit codes that multiprocessing waits for.

Wanted: main asks at its line whether worker still lives, and is told that it does: its exit code was taken by somebody
else, most likely by the handler of SIGCHLD.
"""

import contextlib
import os
import signal
import time
from multiprocessing import Process


def reap(number, frame):
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, reap)
    worker = Process(target=time.sleep, args=(0.2,), name="worker")
    worker.start()
    while worker.exitcode is None:  # asks
        time.sleep(0.3)
