"""A list in a Manager's Namespace is extended in place: it is a copy.

Wanted: log.lines is a copy: it was extended at its line, and never written back.
"""

from multiprocessing import Manager, Process


class Writer(Process):
    def __init__(self, log, lines):
        super().__init__()
        self.log, self.lines = log, lines

    def run(self):
        self.log.lines.extend(self.lines)  # changes


if __name__ == "__main__":
    with Manager() as manager:
        log = manager.Namespace(lines=[])
        writer = Writer(log, ["begun", "done"])
        writer.start()
        writer.join()
        print("lines", log.lines)
