"""The consumer is a daemon, and main waits for what it has put."""

from multiprocessing import Event, JoinableQueue, Process


def consume(work, ready):
    ready.set()
    while True:
        print(work.get())
        work.task_done()


if __name__ == "__main__":
    work = JoinableQueue()
    ready = Event()
    Process(target=consume, name="consumer", args=(work, ready), daemon=True).start()
    ready.wait()
    for number in range(3):
        work.put(number)
    work.join()
    print("main is done")
