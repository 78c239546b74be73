"""A main and children that ignore SIGTERM, and never end by themselves."""

import signal
import time
from multiprocessing import Process


def stay() -> None:
    while True:
        time.sleep(60)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for _ in range(3):
        Process(target=stay).start()
    stay()
