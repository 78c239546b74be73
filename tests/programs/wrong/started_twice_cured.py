"""Each round of the loop makes a new Process."""

from multiprocessing import Process


def work():
    print("works")


if __name__ == "__main__":
    for _ in range(2):
        worker = Process(target=work, name="worker")
        worker.start()
        worker.join()
