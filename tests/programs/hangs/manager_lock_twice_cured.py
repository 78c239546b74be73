"""The same with a lock that its holder may acquire again."""

from multiprocessing import Manager, Process


def book(account):
    with account:
        account.acquire()
        print("booked")
        account.release()


if __name__ == "__main__":
    with Manager() as manager:
        account = manager.RLock()
        clerk = Process(target=book, name="clerk", args=(account,))
        clerk.start()
        clerk.join()
