"""Main waits until all that it has put is done; only then does its daemon end."""

from multiprocessing import JoinableQueue, Process


def work(tasks):
    while True:
        tasks.get()
        tasks.task_done()


def main():
    tasks = JoinableQueue()
    Process(target=work, name="worker", args=(tasks,), daemon=True).start()
    for number in range(5):
        tasks.put(number)
    tasks.join()


if __name__ == "__main__":
    main()
