"""set() of an Event wakes each one that waits for it; one of them was ended by terminate() in its wait().

Wanted: main waits in set() at its line for runner-0 to wake, which terminate() ended while it waited for `go`.
"""

import time
from multiprocessing import Event, Process


class Runner(Process):
    def __init__(self, number, go):
        super().__init__(name=f"runner-{number}")
        self.go = go

    def run(self):
        self.go.wait()  # sleeps
        print(self.name, "runs")


if __name__ == "__main__":
    go = Event()  # made
    runners = [Runner(number, go) for number in range(2)]
    for runner in runners:
        runner.start()
    while go._cond._sleeping_count._semlock._get_value() < 2:
        time.sleep(0.01)
    runners[0].terminate()  # kills
    runners[0].join()
    go.set()  # waits
    runners[1].join()
