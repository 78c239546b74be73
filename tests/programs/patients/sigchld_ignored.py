"""SIGCHLD is ignored, so that no zombies are left; then nobody has the exit code, and is_alive() is true for ever.

Wanted: main asks at its line whether worker still lives, and is told that it does, but it has ended: main ignores
SIGCHLD.
"""

import signal
import time
from multiprocessing import Process

if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    worker = Process(target=print, args=("done",), name="worker")
    worker.start()
    while worker.is_alive():  # asks
        time.sleep(0.3)
