"""The last item is an object(), which is another one when it comes out of the queue: the consumer waits for more."""

from multiprocessing import Process, Queue

STOP = object()


def consume(work, results):
    total = 0
    while (item := work.get()) is not STOP:  # waits
        if isinstance(item, int):
            total += item
    results.put(total)


if __name__ == "__main__":
    work, results = Queue(), Queue()  # made
    Process(target=consume, name="consumer", args=(work, results), daemon=True).start()
    for number in range(5):
        work.put(number)
    work.put(STOP)
    print("total", results.get())
