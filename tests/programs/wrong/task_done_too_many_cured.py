"""A worker reports each task done, once."""

from multiprocessing import JoinableQueue, Process


def work(tasks):
    for _ in range(2):
        tasks.get()
        tasks.task_done()


def main():
    tasks = JoinableQueue()
    worker = Process(target=work, name="worker", args=(tasks,))
    worker.start()
    tasks.put("one")
    tasks.put("two")
    tasks.join()
    worker.join()


if __name__ == "__main__":
    main()
