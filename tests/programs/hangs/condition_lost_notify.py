"""The notice comes before anybody waits for it."""

from multiprocessing import Condition, Process


def work(ready):
    with ready:
        ready.wait()  # waits
    print("goes")


if __name__ == "__main__":
    ready = Condition()  # made
    with ready:
        ready.notify()
    worker = Process(target=work, name="worker", args=(ready,))
    worker.start()
    worker.join()
