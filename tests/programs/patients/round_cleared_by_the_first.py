"""Each of two clears the Event of a round when it has seen it: the second one comes to it when it is cleared.

Wanted: second waits for `opened`, which MainProcess had set, and which first cleared; clear it when all have seen it.
"""

from multiprocessing import Event, Process


def enter(opened, seen, name):
    if name == "second":
        seen.wait()
    opened.wait()  # waits
    opened.clear()  # clears
    print(name, "is in")
    seen.set()


if __name__ == "__main__":
    opened, seen = Event(), Event()  # made
    first = Process(target=enter, args=(opened, seen, "first"), name="first")
    second = Process(target=enter, args=(opened, seen, "second"), name="second")
    first.start()
    second.start()
    opened.set()  # sets
    first.join()
    second.join()
