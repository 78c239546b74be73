"""An Event is set and cleared at once, to wake those who wait; who comes later waits for ever.

Wanted: late waits for `go` to be set; MainProcess had set it and cleared it, at its lines; clear it when all have seen
it.
"""

from multiprocessing import Event, Process, SimpleQueue


class Runner:
    def __init__(self, go, start):
        self.go, self.start = go, start

    def __call__(self):
        self.start.get()
        self.go.wait()  # waits
        print("running")


if __name__ == "__main__":
    go, start = Event(), SimpleQueue()  # made
    late = Process(target=Runner(go, start), name="late")
    late.start()
    go.set()  # sets
    go.clear()  # clears
    start.put("start")
    late.join()
