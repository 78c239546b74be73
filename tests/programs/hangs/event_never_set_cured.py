"""Main sets the event first."""

from multiprocessing import Event, Process


def work(go):
    go.wait()
    print("goes")


if __name__ == "__main__":
    go = Event()
    worker = Process(target=work, name="worker", args=(go,))
    worker.start()
    go.set()
    worker.join()
