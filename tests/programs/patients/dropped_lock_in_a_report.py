"""A worker puts a report into a JoinableQueue that has a lock in it; main waits for it to be reported done.

Wanted: main waits for the tasks of `reports`; what reporter put at its line never got there, since a lock in it
cannot be pickled; put what can be pickled.
"""

import threading
from multiprocessing import JoinableQueue, Process


class Report:
    def __init__(self, text):
        self.text = text
        self.guard = threading.Lock()


class Reporter(Process):
    def __init__(self, reports):
        super().__init__(name="reporter")
        self.reports = reports

    def run(self):
        self.reports.put(Report("all is well"))  # put


if __name__ == "__main__":
    reports = JoinableQueue()  # made
    reporter = Reporter(reports)
    reporter.start()
    reporter.join()
    reports.join()  # waits
    print("reported")
