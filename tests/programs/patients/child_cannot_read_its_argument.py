"""A new process fails as it unpickles its first argument, while main still writes the second one, which is large.

Wanted: main waits in start() at its line for worker to read its arguments; worker ended at the line in __setstate__
by ValueError, before it had read them.
"""

from multiprocessing import Process


class Settings:
    def __init__(self):
        self.version = 1

    def __setstate__(self, state):
        raise ValueError(f"settings of version {state['version']}")  # raises


def work(settings, data):
    print(settings.version, len(data))


if __name__ == "__main__":
    worker = Process(target=work, args=(Settings(), b"x" * 2_000_000), name="worker")
    worker.start()  # waits
    worker.join()
