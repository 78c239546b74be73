"""A worker that main tells to end has a handler of SIGTERM, which ends it."""

import signal
import time
from multiprocessing import Process, Queue


def stop(number, frame):
    raise SystemExit


def work(tasks, answers):
    signal.signal(signal.SIGTERM, stop)
    while True:
        tasks.get()
        answers.put("done")


if __name__ == "__main__":
    tasks, answers = Queue(), Queue()
    worker = Process(target=work, args=(tasks, answers), name="worker")
    worker.start()
    tasks.put(1)
    print(answers.get())
    while not tasks._rlock._semlock._is_zero():
        time.sleep(0.01)
    while worker.is_alive():  # a signal that comes just before the worker begins to read is handled with the next one
        worker.terminate()
        worker.join(0.5)
