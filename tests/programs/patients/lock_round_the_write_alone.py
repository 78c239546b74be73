"""Each write of a Value is locked, and the read before it is not: updates are lost all the same.

Wanted: updates of balance lost: one read 100 (its line) and wrote, the other had read 100 before that; hold the lock
round both.
"""

from multiprocessing import Barrier, Process, Value


def pay(balance, amount, both):
    before = balance.value  # reads
    both.wait()
    with balance.get_lock():
        balance.value = before - amount  # writes


if __name__ == "__main__":
    balance, both = Value("d", 100), Barrier(2)
    people = [Process(target=pay, args=(balance, amount, both), name=f"buyer-{amount}") for amount in (10, 20)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    print("left", balance.value, "of", 70)
