"""A worker kills all processes of its group, itself and its parent among them, while the parent waits for its lock."""

import os
import signal
from multiprocessing import Lock, Process


def kill(lock) -> None:
    with lock:
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    lock = Lock()
    worker = Process(target=kill, args=(lock,), name="worker")
    worker.start()
    with lock:
        pass
    worker.join()
