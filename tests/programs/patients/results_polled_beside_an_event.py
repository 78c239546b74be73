"""Main looks whether the results of a pool have come; the tasks wait for an Event, which main sets after that.

Wanted: probably: a worker waits at its line for `go` to be set, and nobody is left who could set it; main waits for
the results of its pool.
"""

from multiprocessing import Event, Pool


def begin(event):
    global go
    go = event


def work(number):
    go.wait()  # waits
    return number


if __name__ == "__main__":
    go = Event()  # made
    with Pool(2, begin, (go,)) as pool:
        results = [pool.apply_async(work, (number,)) for number in range(2)]
        while not all(result.ready() for result in results):
            results[0].wait(0.3)
        go.set()
