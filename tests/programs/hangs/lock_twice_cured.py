"""The lock may be acquired again by its holder."""

from multiprocessing import Process, RLock


def pay(account, amount):
    with account:
        print("paid", amount)


def transfer(account):
    with account:
        pay(account, 5)


if __name__ == "__main__":
    account = RLock()
    clerk = Process(target=transfer, name="clerk", args=(account,))
    clerk.start()
    clerk.join()
