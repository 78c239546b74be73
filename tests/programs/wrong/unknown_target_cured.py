"""The function is defined above the guard, where a new process finds it."""

from multiprocessing import Process


def work():
    print("work")


if __name__ == "__main__":
    child = Process(target=work, name="worker")
    child.start()
    child.join()
