"""start without its parentheses, in a list: nothing runs, and join() raises an AssertionError.

Wanted: worker-0 (made at its line) was never started, and so main ended at its line; call start().
"""

from multiprocessing import Process


def work(number):
    print("works", number)


if __name__ == "__main__":
    workers = [Process(target=work, args=(n,), name=f"worker-{n}") for n in range(3)]  # made
    [worker.start for worker in workers]
    for worker in workers:
        worker.join()  # raises
