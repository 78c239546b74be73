"""The consumer reports every task done."""

from multiprocessing import JoinableQueue, Process


def consume(work):
    while True:
        item = work.get()
        print(item)
        work.task_done()


if __name__ == "__main__":
    work = JoinableQueue()
    Process(target=consume, name="consumer", args=(work,), daemon=True).start()
    for number in range(3):
        work.put(number)
    work.join()
