"""A consumer waits for another item, and main waits for the consumer."""

from multiprocessing import Process, Queue


def consume(work):
    while True:
        print(work.get())  # waits


if __name__ == "__main__":
    work = Queue()  # made
    consumer = Process(target=consume, name="consumer", args=(work,))
    consumer.start()
    for number in range(3):
        work.put(number)
    consumer.join()  # joins
