"""A process acquires a manager's lock that it holds already."""

from multiprocessing import Manager, Process


def book(account):
    with account:  # holds
        account.acquire()  # waits
        print("booked")


if __name__ == "__main__":
    with Manager() as manager:
        account = manager.Lock()  # made
        clerk = Process(target=book, name="clerk", args=(account,))
        clerk.start()
        clerk.join()
