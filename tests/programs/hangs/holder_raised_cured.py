"""The lock is held by `with`, which releases it also then."""

from multiprocessing import Lock, Process


def hold(mutex, numbers):
    with mutex:
        print(sum(numbers) / max(1, len(numbers)))


if __name__ == "__main__":
    mutex = Lock()
    first = Process(target=hold, name="first", args=(mutex, []))
    first.start()
    first.join()
    with mutex:
        print("main has it")
