"""The task is reported done whatever happens."""

from multiprocessing import JoinableQueue, Process


def consume(work):
    while True:
        item = work.get()
        try:
            print(12 // item)
        except ZeroDivisionError:
            print("no")
        finally:
            work.task_done()


if __name__ == "__main__":
    work = JoinableQueue()
    Process(target=consume, name="consumer", args=(work,), daemon=True).start()
    for number in (3, 0, 2):
        work.put(number)
    work.join()
