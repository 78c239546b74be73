"""A signal handler reports how far the work is, under the lock that the work it interrupts holds.

Wanted: MainProcess probably waits for ever, in the handler, for `progress`, which it acquired itself in main().
"""

import multiprocessing
import os
import signal

progress = multiprocessing.Lock()  # made
done = 0


def report(number, frame):
    with progress:  # waits
        print("done so far:", done)


def main():
    global done
    signal.signal(signal.SIGALRM, report)
    for _ in range(10):
        with progress:  # holds
            done += 1
            if done == 5:
                os.kill(os.getpid(), signal.SIGALRM)
    print("finished")


if __name__ == "__main__":
    main()
