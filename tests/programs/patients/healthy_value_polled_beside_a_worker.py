"""Healthy: main shows how far the work is, by a Value that changes every few seconds; another worker has failed."""

import time
from multiprocessing import Process, Value


def fail():
    raise SystemExit(3)


def work(done):
    for _ in range(100):
        time.sleep(4)
        with done.get_lock():
            done.value += 1


if __name__ == "__main__":
    done = Value("i", 0)
    failed = Process(target=fail)
    failed.start()
    failed.join()
    print("one has failed:", failed.exitcode)
    Process(target=work, args=(done,), daemon=True).start()
    while done.value < 100:
        time.sleep(0.3)
