"""task_done() until it raises, to drain the count: in main, in a thread, and in a process. All of them catch it."""

from multiprocessing import JoinableQueue, Process
from threading import Thread


def drain(tasks):
    while True:
        try:
            tasks.task_done()
        except ValueError:
            return


def main():
    tasks = JoinableQueue()
    for work in (Process, Thread, None):
        for item in range(3):
            tasks.put(item)
            tasks.get()
        if work is None:
            drain(tasks)
        else:
            drainer = work(target=drain, args=(tasks,))
            drainer.start()
            drainer.join()
        tasks.join()


if __name__ == "__main__":
    main()
