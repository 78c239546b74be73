"""Under spawn a child imports the file as main did."""

import multiprocessing


def work(data):
    print(len(data))


if __name__ == "__main__":
    spawn = multiprocessing.get_context("spawn")
    worker = spawn.Process(target=work, args=(b"x" * 2_000_000,), name="worker")
    worker.start()
    worker.join()
