"""A wrapper keeps the AsyncResult of starmap_async(), and leaves the `with` block that the Pool lives in.

Wanted: `pool` was ended before its tasks were begun, and nobody had waited for their results.
"""

from multiprocessing import Event, Pool


def keep(event):
    global never
    never = event


def resize(name, width):
    never.wait()  # As a task that takes long.
    return f"{name} {width}"


class Resizer:
    def __init__(self):
        self.results = []

    def resize_all(self, names):
        with Pool(1, keep, (Event(),)) as pool:  # made
            self.results.append(pool.starmap_async(resize, [(name, 100) for name in names], chunksize=1))


if __name__ == "__main__":
    Resizer().resize_all(["a.png", "b.png", "c.png", "d.png"])
    print("resized")
