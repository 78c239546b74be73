"""Two cashiers read how many are left, and then each writes one less: one of the two is lost."""

import os
import tempfile
from multiprocessing import Barrier, Process


def sell(path, both):
    with open(path) as file:
        left = int(file.read())  # reads
    both.wait()
    with open(path, "w") as file:
        file.write(str(left - 1))
        file.flush()  # writes


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "left.txt")
        with open(path, "w") as file:
            file.write("10")
        both = Barrier(2)
        cashiers = [Process(target=sell, args=(path, both)) for _ in range(2)]
        for cashier in cashiers:
            cashier.start()
        for cashier in cashiers:
            cashier.join()
        with open(path) as file:
            print(file.read())


if __name__ == "__main__":
    main()
