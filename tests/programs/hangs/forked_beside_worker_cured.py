"""A thread of main serves a queue.Queue; a forked child has a queue and a thread of its own."""

import queue
import threading
from multiprocessing import get_context


def serve(tasks):
    while (task := tasks.get()) is not None:
        print(task)
        tasks.task_done()


def job():
    tasks = queue.Queue()
    threading.Thread(target=serve, args=(tasks,), daemon=True).start()
    tasks.put("from the child")
    tasks.join()  # waits


if __name__ == "__main__":
    tasks = queue.Queue()
    threading.Thread(target=serve, args=(tasks,), name="server").start()
    child = get_context("fork").Process(target=job, name="child")
    child.start()  # starts
    child.join()
    tasks.put(None)
