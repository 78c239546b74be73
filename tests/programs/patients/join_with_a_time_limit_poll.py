"""Main joins the worker with a time limit, again and again, and reads the results after that.

Wanted: probably: worker cannot end before what it has put into `results` is taken; main, which alone could, joins it
at its line with a time limit, again and again; take the results in that loop.
"""

from multiprocessing import JoinableQueue, Process


class Worker(Process):
    def __init__(self, results):
        super().__init__(name="worker")
        self.results = results

    def run(self):
        self.results.put("x" * 1_000_000)


if __name__ == "__main__":
    results = JoinableQueue()  # made
    worker = Worker(results)
    worker.start()
    while True:
        worker.join(timeout=0.5)
        if worker.exitcode is not None:  # asks
            break
        print("still at work", flush=True)
    print(len(results.get()))
