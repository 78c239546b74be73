"""A subclass of Process has its work in a method that is not called run.

Wanted: Worker-1 had nothing to do: its class has no run(); call the method run, or pass it as target.
"""

from multiprocessing import Process


class Worker(Process):
    def work(self):
        print("works")


if __name__ == "__main__":
    worker = Worker()  # made
    worker.start()
    worker.join()
