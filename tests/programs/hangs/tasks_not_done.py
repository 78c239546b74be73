"""The consumer never reports its tasks done."""

from multiprocessing import JoinableQueue, Process


def consume(work):
    while True:
        item = work.get()  # took
        print(item)


if __name__ == "__main__":
    work = JoinableQueue()  # made
    Process(target=consume, name="consumer", args=(work,), daemon=True).start()
    for number in range(3):
        work.put(number)
    work.join()  # waits
