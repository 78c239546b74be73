"""Under forkserver, main starts workers with an Event, and is done before they have begun.

Wanted: one finding: main was done before the 2 workers had begun, and the Event, made at its line, went with it; keep
it, and join().
"""

import multiprocessing
import time

if multiprocessing.current_process().name != "MainProcess":
    time.sleep(0.5)


class Worker(multiprocessing.Process):
    def __init__(self, go):
        super().__init__()
        self.go = go

    def run(self):
        print(self.go.is_set())


def main():
    go = multiprocessing.Event()  # made
    for _ in range(2):
        Worker(go).start()  # starts


if __name__ == "__main__":
    multiprocessing.set_start_method("forkserver")
    main()
