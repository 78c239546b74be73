"""Cured: the handler only reads, and needs no lock for it."""

import multiprocessing
import signal
import time

progress = multiprocessing.Lock()
done = 0
reported = False


def report(number, frame):
    global reported
    reported = done >= 0


def main():
    global done
    signal.signal(signal.SIGALRM, report)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    for _ in range(10):
        with progress:
            time.sleep(0.03)
            done += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    print("finished", reported)


if __name__ == "__main__":
    main()
