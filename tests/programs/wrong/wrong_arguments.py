"""The arguments of a process are a text in brackets, and no tuple: each character becomes an argument."""

from multiprocessing import Process


def greet(name):
    print("hello", name)


if __name__ == "__main__":
    worker = Process(target=greet, args=("abc"), name="worker")  # made
    worker.start()
    worker.join()
