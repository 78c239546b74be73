"""The consumer dies of an exception in the middle of a task."""

from multiprocessing import JoinableQueue, Process


def consume(work):
    while True:
        item = work.get()  # took
        print(12 // item)
        work.task_done()


if __name__ == "__main__":
    work = JoinableQueue()  # made
    Process(target=consume, name="consumer", args=(work,), daemon=True).start()
    for number in (3, 0, 2):
        work.put(number)
    work.join()  # waits
