"""A timer reports how far the work is, again and again, under the lock that the work it interrupts holds.

Wanted: MainProcess probably waits for ever, in the handler, for `progress`, which it acquired itself in main(): each
signal begins the same wait anew, within the last one.
"""

import multiprocessing
import signal
import time

progress = multiprocessing.Lock()  # made
done = 0


def report(number, frame):
    with progress:  # waits
        print("done so far:", done)


def main():
    global done
    signal.signal(signal.SIGALRM, report)
    signal.setitimer(signal.ITIMER_REAL, 0.5, 0.5)
    for _ in range(10):
        with progress:  # holds
            time.sleep(0.3)
            done += 1
    print("finished")


if __name__ == "__main__":
    main()
