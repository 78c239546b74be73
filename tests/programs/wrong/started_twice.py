"""One Process is started in each round of a loop, but a process runs once."""

from multiprocessing import Process


def work():
    print("works")


if __name__ == "__main__":
    worker = Process(target=work, name="worker")  # made
    for _ in range(2):
        worker.start()  # raises
        worker.join()
