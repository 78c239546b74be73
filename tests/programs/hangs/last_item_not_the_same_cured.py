"""The last item is None, which stays the same in the queue."""

from multiprocessing import Process, Queue


def consume(work, results):
    total = 0
    while (item := work.get()) is not None:
        if isinstance(item, int):
            total += item
    results.put(total)


if __name__ == "__main__":
    work, results = Queue(), Queue()
    Process(target=consume, name="consumer", args=(work, results), daemon=True).start()
    for number in range(5):
        work.put(number)
    work.put(None)
    print("total", results.get())
