"""Several processes look for files in a cache, most of which are missing, and make each by a rename."""

import os
from multiprocessing import Process
from tempfile import TemporaryDirectory


def work(folder, worker):
    for number in range(200):
        name = f"{folder}/{number % 20}"
        if not os.path.exists(name):
            with open(f"{name}.{worker}", "w") as file:
                file.write(str(number % 20))
            os.replace(f"{name}.{worker}", name)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        workers = [Process(target=work, args=(folder, worker)) for worker in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        print(sorted(os.listdir(folder)))
