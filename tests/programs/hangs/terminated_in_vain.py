"""A worker that main tells to end has a handler of SIGTERM, which only sets a flag: the worker waits on."""

import signal
import time
from multiprocessing import Process, Queue

stopping = False


def stop(number, frame):
    global stopping
    stopping = True


def work(tasks, answers):
    signal.signal(signal.SIGTERM, stop)
    while not stopping:
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
    worker.terminate()
    worker.join()  # waits
