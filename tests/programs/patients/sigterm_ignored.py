"""Workers ignore SIGTERM, so that only main decides; but main ends them by terminate(), while they wait for an Event.

Wanted: worker was told to end by terminate() at its line, ignores SIGTERM, and waits on at its line for `go`.
"""

import signal
from multiprocessing import Barrier, Event, Process


def work(go, ready):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ready.wait()
    go.wait()  # goes on


if __name__ == "__main__":
    go, ready = Event(), Barrier(2)
    worker = Process(target=work, args=(go, ready), name="worker")
    worker.start()
    ready.wait()
    worker.terminate()  # kills
    worker.join()  # waits
