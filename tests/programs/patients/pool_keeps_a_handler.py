"""A service sets a handler for SIGTERM, which its Pool's workers inherit: terminate() cannot end one that is at work.

Wanted: MainProcess probably waits for ever for a worker to end, which it told to end, and which handles SIGTERM by a
handler inherited from MainProcess; reset it in the initializer.
"""

import signal
import time
from multiprocessing import Pool, SimpleQueue, set_start_method

stopping = False
begun = SimpleQueue()


def stop(number, frame):
    global stopping
    stopping = True


def watch_folder(name):
    begun.put(name)
    while True:
        time.sleep(60)  # sleeps


if __name__ == "__main__":
    set_start_method("fork", force=True)
    signal.signal(signal.SIGTERM, stop)
    with Pool(1) as pool:  # joins
        pool.apply_async(watch_folder, ("inbox",))
        begun.get()
    print("stopped")
