"""As many such items as consumers."""

from multiprocessing import Process, Queue


def consume(work, done):
    while (item := work.get()) is not None:
        print(item)
    done.put("done")


if __name__ == "__main__":
    work, done = Queue(), Queue()
    consumers = [Process(target=consume, name=f"consumer-{number}", args=(work, done)) for number in range(2)]
    for consumer in consumers:
        consumer.start()
    for _ in consumers:
        work.put(None)
    done.get()
    done.get()
    for consumer in consumers:
        consumer.join()
