"""A worker takes an empty queue for its end, and main waits for the results of what it puts later."""

import queue
from multiprocessing import Process, Queue, SimpleQueue


class Worker(Process):
    def __init__(self, tasks, results, ready):
        super().__init__(name="worker")
        self.tasks, self.results, self.ready = tasks, results, ready

    def run(self):
        try:
            while True:
                self.results.put(self.tasks.get_nowait() ** 2)  # looks
        except queue.Empty:
            self.ready.put("all done")


if __name__ == "__main__":
    tasks, results, ready = Queue(), Queue(), SimpleQueue()
    worker = Worker(tasks, results, ready)
    worker.start()
    print(ready.get())
    for number in range(3):
        tasks.put(number)
    print([results.get() for _ in range(3)])  # waits
    worker.join()
