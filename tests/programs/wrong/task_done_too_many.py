"""A worker reports a task done, and once more when it is through: a ValueError, which here nobody catches."""

from multiprocessing import JoinableQueue, Process


def work(tasks):
    for _ in range(2):
        tasks.get()
        tasks.task_done()
    tasks.task_done()  # too many


def main():
    tasks = JoinableQueue()  # made
    worker = Process(target=work, name="worker", args=(tasks,))
    worker.start()
    tasks.put("one")
    tasks.put("two")
    tasks.join()
    worker.join()


if __name__ == "__main__":
    main()
