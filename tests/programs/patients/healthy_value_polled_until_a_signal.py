"""Healthy: main polls a Value, which its handler of SIGTERM sets when it is told to end; a worker has failed."""

import signal
import time
from multiprocessing import Process, Value

stop = Value("i", 0)


def fail():
    raise SystemExit(3)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: setattr(stop, "value", 1))
    failed = Process(target=fail)
    failed.start()
    failed.join()
    print("one has failed:", failed.exitcode)
    while not stop.value:
        time.sleep(0.3)
