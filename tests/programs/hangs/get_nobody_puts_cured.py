"""The last item tells the consumer to end."""

from multiprocessing import Process, Queue


def consume(work):
    while (item := work.get()) is not None:
        print(item)


if __name__ == "__main__":
    work = Queue()
    consumer = Process(target=consume, name="consumer", args=(work,))
    consumer.start()
    for number in range(3):
        work.put(number)
    work.put(None)
    consumer.join()
