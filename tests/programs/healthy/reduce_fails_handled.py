"""An argument cannot be unpickled in the worker: the executor says so, and main handles it."""

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


class Bad:
    def __reduce__(self):
        return int, ("x",)


if __name__ == "__main__":
    with ProcessPoolExecutor(1) as executor:
        try:
            executor.submit(print, Bad()).result()
        except BrokenProcessPool:
            print("handled")
