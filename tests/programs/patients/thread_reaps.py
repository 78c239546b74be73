"""A thread waits for all children, to write down their exit codes; active_children() never comes to an end.

Wanted: main asks at its line whether worker still lives, and is told that it does: its exit code was taken by somebody
else.
"""

import contextlib
import os
import threading
import time
from multiprocessing import Process, active_children


def reap():
    with contextlib.suppress(ChildProcessError):
        while True:
            print("ended:", os.waitpid(-1, 0)[0] > 0)


if __name__ == "__main__":
    worker = Process(target=time.sleep, args=(0.2,), name="worker")
    worker.start()
    threading.Thread(target=reap, daemon=True).start()
    while active_children():  # asks
        time.sleep(0.3)
