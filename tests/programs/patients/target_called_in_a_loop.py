"""The method of an object is called where it should have been passed, in a loop: all is done in main, one by one.

Wanted: one finding: 3 processes had nothing to do: the Process made at its line was given no target.
"""

from multiprocessing import Process


class Shop:
    def sell(self, number):
        print("sells", number)


if __name__ == "__main__":
    shop = Shop()
    clerks = [Process(target=shop.sell(number)) for number in range(3)]  # made
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
