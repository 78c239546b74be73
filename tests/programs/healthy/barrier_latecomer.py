"""The last one comes late to the barrier."""

import time
from multiprocessing import Barrier, Process


def come(meeting, seconds):
    time.sleep(seconds)
    meeting.wait()


if __name__ == "__main__":
    meeting = Barrier(3)
    children = [Process(target=come, args=(meeting, seconds)) for seconds in (0, 0.1, 1.5)]
    for child in children:
        child.start()
    for child in children:
        child.join()
