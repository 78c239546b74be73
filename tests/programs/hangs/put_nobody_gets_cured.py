"""The consumer takes as many as there are."""

from multiprocessing import Process, Queue


def consume(work):
    for _ in range(4):
        print(work.get())


if __name__ == "__main__":
    work = Queue(2)
    consumer = Process(target=consume, name="consumer", args=(work,))
    consumer.start()
    for number in range(4):
        work.put(number)
    consumer.join()
