"""Cured: SIGCHLD is handled, and the handler waits for no child but its own."""

import contextlib
import os
import signal
import subprocess
import time
from multiprocessing import Process

reaped = []


def reap(number, frame):
    with contextlib.suppress(ChildProcessError):
        reaped.append(os.waitpid(tool.pid, os.WNOHANG)[0])


if __name__ == "__main__":
    tool = subprocess.Popen(["sleep", "0.3"])
    signal.signal(signal.SIGCHLD, reap)
    worker = Process(target=time.sleep, args=(2.5,), name="worker")
    worker.start()
    while worker.is_alive():
        time.sleep(0.3)
    tool.wait()
    print("done")
