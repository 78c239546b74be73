"""Main makes the lock of the counter. What each cashier makes is a lock for a file that is its own."""

import os
import tempfile
from multiprocessing import Lock, Process


def sell(folder, number, counter):
    own = Lock()
    for path, lock in ((os.path.join(folder, "left.txt"), counter), (os.path.join(folder, f"{number}.txt"), own)):
        with lock:
            with open(path) as file:
                left = int(file.read())
            with open(path, "w") as file:
                file.write(str(left - 1))


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name in ("left.txt", "0.txt", "1.txt"):
            with open(os.path.join(folder, name), "w") as file:
                file.write("10")
        counter = Lock()
        cashiers = [Process(target=sell, args=(folder, number, counter)) for number in range(2)]
        for cashier in cashiers:
            cashier.start()
        for cashier in cashiers:
            cashier.join()


if __name__ == "__main__":
    main()
