"""start without its parentheses does nothing, and so main waits for what the worker would have put."""

from multiprocessing import Process, Queue


def work(results):
    results.put("done")


if __name__ == "__main__":
    results = Queue()  # made
    first = Process(target=work, name="first", args=(results,))
    first.start()
    second = Process(target=work, name="second", args=(results,))  # creates
    second.name = "renamed"
    second.start  # noqa: B018
    print(results.get())
    print(results.get())  # waits
