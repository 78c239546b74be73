"""What starts the process is done by main alone."""

from multiprocessing import Process


def work():
    print("work")


if __name__ == "__main__":
    child = Process(target=work, name="worker")
    child.start()
    child.join()
