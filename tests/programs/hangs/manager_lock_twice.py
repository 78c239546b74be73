"""A process acquires a manager's lock that it holds already, and so waits for the manager's answer for ever."""

from multiprocessing import Manager, Process


def book(account):
    with account:
        account.acquire()  # waits
        print("booked")


if __name__ == "__main__":
    with Manager() as manager:
        account = manager.Lock()
        clerk = Process(target=book, name="clerk", args=(account,))
        clerk.start()
        clerk.join()
