"""A thread of main serves a queue.Queue; a forked child puts a task into its copy, which nobody serves."""

import queue
import threading
from multiprocessing import get_context

tasks = queue.Queue()


def serve():
    while (task := tasks.get()) is not None:
        print(task)
        tasks.task_done()


def job():
    tasks.put("from the child")
    tasks.join()  # waits


if __name__ == "__main__":
    threading.Thread(target=serve, name="server").start()
    child = get_context("fork").Process(target=job, name="child")
    child.start()  # starts
    child.join()
    tasks.put(None)
