"""A handler of SIGALRM puts into a queue that is full, and from which only the code takes that it has interrupted.

Wanted, as probable: main waits for room in ticks.
"""

import signal
from multiprocessing import Queue

ticks = Queue(1)  # made


def tick(number, frame):
    ticks.put("tick")  # waits


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, tick)
    ticks.put("first")
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    signal.pause()
    print(ticks.get(), ticks.get())
