"""An exception between acquire and release leaves a lock held."""

from multiprocessing import Lock, Process


def hold(mutex, numbers):
    mutex.acquire()  # holds
    print(sum(numbers) / len(numbers))
    mutex.release()


if __name__ == "__main__":
    mutex = Lock()  # made
    first = Process(target=hold, name="first", args=(mutex, []))
    first.start()
    first.join()
    mutex.acquire()  # waits
    mutex.release()
