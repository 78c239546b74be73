"""A worker takes tasks until one says that it was the last, and main waits for the results."""

from multiprocessing import Process, Queue


class Worker(Process):
    def __init__(self, tasks, results):
        super().__init__(name="worker")
        self.tasks, self.results = tasks, results

    def run(self):
        for task in iter(self.tasks.get, None):
            self.results.put(task**2)


if __name__ == "__main__":
    tasks, results = Queue(), Queue()
    worker = Worker(tasks, results)
    worker.start()
    for number in range(3):
        tasks.put(number)
    tasks.put(None)
    print([results.get() for _ in range(3)])
    worker.join()
