"""The consumer ends after one item, and the queue is full."""

from multiprocessing import Process, Queue


def consume(work):
    print(work.get())


if __name__ == "__main__":
    work = Queue(2)  # made
    consumer = Process(target=consume, name="consumer", args=(work,))
    consumer.start()
    for number in range(4):
        work.put(number)  # waits
    consumer.join()
