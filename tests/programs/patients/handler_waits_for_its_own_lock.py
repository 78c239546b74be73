"""A handler of SIGTERM notifies those that wait for a condition, whose lock the code holds that it interrupts.

Wanted: service waits for a lock that it holds; and not that it does not end though it was told to, which follows.
"""

import signal
from multiprocessing import Condition, Event, Lock, Process


class Service:
    def __init__(self):
        self.state = Condition(Lock())  # made

    def stop(self, number, frame):
        with self.state:  # waits
            self.state.notify_all()

    def run(self, ready):
        signal.signal(signal.SIGTERM, self.stop)
        with self.state:  # acquired
            ready.set()
            while True:
                signal.pause()


if __name__ == "__main__":
    service, ready = Service(), Event()
    process = Process(target=service.run, args=(ready,), name="service")
    process.start()
    ready.wait()
    process.terminate()
    process.join()
