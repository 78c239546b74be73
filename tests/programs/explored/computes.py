"""A process computes, and does not end."""

from multiprocessing import Process


def compute():
    while True:
        pass


if __name__ == "__main__":
    worker = Process(target=compute)
    worker.start()
    worker.join()
