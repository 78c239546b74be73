"""Two consumers, and one item that says that no more will come."""

from multiprocessing import Process, Queue


def consume(work, done):
    while (item := work.get()) is not None:  # waits
        print(item)
    done.put("done")


if __name__ == "__main__":
    work, done = Queue(), Queue()  # made
    consumers = [Process(target=consume, name=f"consumer-{number}", args=(work, done)) for number in range(2)]
    for consumer in consumers:
        consumer.start()
    work.put(None)
    done.get()
    for consumer in consumers:
        consumer.join()
