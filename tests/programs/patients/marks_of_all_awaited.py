"""Each worker leaves a mark in a folder, and main waits for all marks; one worker was killed before that.

Wanted, as probable: main looks whether 3.done is there, and worker-3 was ended by SIGKILL.
"""

import os
import signal
import time
from multiprocessing import Process
from pathlib import Path


def work(folder, number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    (folder / f"{number}.done").touch()


if __name__ == "__main__":
    folder = Path("marks").absolute()
    folder.mkdir()
    workers = [Process(target=work, args=(folder, number), name=f"worker-{number}") for number in range(4)]
    for worker in workers:
        worker.start()
    while not all((folder / f"{number}.done").is_file() for number in range(4)):  # asks
        time.sleep(0.3)
