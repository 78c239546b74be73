"""Two workers take from a queue until an item says that it was the last one."""

from multiprocessing import Process, Queue


def work(tasks):
    for task in iter(tasks.get, None):
        print(task)


if __name__ == "__main__":
    tasks = Queue()
    workers = [Process(target=work, args=(tasks,), name=f"worker-{n}") for n in range(2)]
    for worker in workers:
        worker.start()
    for number in range(20):
        tasks.put(number)
    for _ in workers:
        tasks.put(None)
    for worker in workers:
        worker.join()
