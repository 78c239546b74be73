"""Main is done, but a consumer that is no daemon waits for more."""

from multiprocessing import Event, Process, Queue


def consume(work, ready):
    ready.set()
    while True:
        print(work.get())  # waits


if __name__ == "__main__":
    work = Queue()  # made
    ready = Event()
    Process(target=consume, name="consumer", args=(work, ready)).start()
    ready.wait()
    for number in range(3):
        work.put(number)
    print("main is done")
