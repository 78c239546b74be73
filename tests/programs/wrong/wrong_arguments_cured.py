"""A tuple of one has a comma; a text of two characters is as good as a tuple of two; and a list is, too."""

from multiprocessing import Process


def greet(*names):
    print("hello", *names)


def pair(first, second):
    print(first, second)


if __name__ == "__main__":
    for target, args in ((greet, ("abc",)), (pair, "ab"), (pair, ["a", "b"])):
        worker = Process(target=target, args=args, name="worker")
        worker.start()
        worker.join()
