"""A function acquires a lock that its caller holds already."""

from multiprocessing import Lock, Process


def pay(account, amount):
    with account:  # waits
        print("paid", amount)


def transfer(account):
    with account:  # holds
        pay(account, 5)


if __name__ == "__main__":
    account = Lock()  # made
    clerk = Process(target=transfer, name="clerk", args=(account,))
    clerk.start()
    clerk.join()
