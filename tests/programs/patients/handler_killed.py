"""The system ends a consumer by SIGKILL, as it does where memory runs out, with a task in hand.

Wanted: main waits for the tasks of `frames`; encoder was ended by SIGKILL with one in hand, and two are still in it;
have main look whether it lives.
"""

import os
import signal
from multiprocessing import JoinableQueue, Process


def encode(frames):
    while True:
        if frames.get() == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        frames.task_done()


if __name__ == "__main__":
    frames = JoinableQueue()  # made
    for number in range(4):
        frames.put(number)
    encoder = Process(target=encode, args=(frames,), name="encoder", daemon=True)
    encoder.start()
    frames.join()  # waits
