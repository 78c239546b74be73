"""Two cashiers hold one lock from the reading to the writing: none of the two is lost."""

import os
import tempfile
from multiprocessing import Lock, Process


def sell(path, counter):
    with counter:
        with open(path) as file:
            left = int(file.read())
        with open(path, "w") as file:
            file.write(str(left - 1))


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "left.txt")
        with open(path, "w") as file:
            file.write("10")
        counter = Lock()
        cashiers = [Process(target=sell, args=(path, counter)) for _ in range(2)]
        for cashier in cashiers:
            cashier.start()
        for cashier in cashiers:
            cashier.join()
        with open(path) as file:
            print(file.read())


if __name__ == "__main__":
    main()
