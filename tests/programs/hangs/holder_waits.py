"""Main holds the lock that the child needs, and waits for the child."""

from multiprocessing import Lock, Process


def need(mutex):
    with mutex:  # waits
        print("has it")


if __name__ == "__main__":
    mutex = Lock()  # made
    with mutex:  # holds
        other = Process(target=need, name="other", args=(mutex,))
        other.start()
        other.join()  # joins
