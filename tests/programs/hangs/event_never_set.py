"""Main waits for a child that waits for what main does afterwards."""

from multiprocessing import Event, Process


def work(go):
    go.wait()  # waits
    print("goes")


if __name__ == "__main__":
    go = Event()  # made
    worker = Process(target=work, name="worker", args=(go,))
    worker.start()
    worker.join()  # joins
    go.set()
