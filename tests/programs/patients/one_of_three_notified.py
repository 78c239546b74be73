"""Three workers wait until the model is loaded; the loader notifies one of them.

Wanted: a worker waits for a notice on `changed`, and MainProcess notified 1 of the 3 that waited; notify_all().
"""

from multiprocessing import Condition, Process, SimpleQueue


class Model:
    def __init__(self, changed, waiting):
        self.changed, self.waiting = changed, waiting

    def wait_until_loaded(self):
        with self.changed:
            self.waiting.put("waits")
            self.changed.wait()  # waits

    def load(self):
        with self.changed:
            self.changed.notify()  # notifies


if __name__ == "__main__":
    changed = Condition()  # made
    model = Model(changed, SimpleQueue())
    workers = [Process(target=model.wait_until_loaded, name=f"worker-{number}") for number in range(3)]
    for worker in workers:
        worker.start()
    for _ in workers:
        model.waiting.get()
    model.load()
    for worker in workers:
        worker.join()
