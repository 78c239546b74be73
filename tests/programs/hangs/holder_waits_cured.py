"""Main releases the lock first."""

from multiprocessing import Lock, Process


def need(mutex):
    with mutex:
        print("has it")


if __name__ == "__main__":
    mutex = Lock()
    with mutex:
        other = Process(target=need, name="other", args=(mutex,))
        other.start()
    other.join()
