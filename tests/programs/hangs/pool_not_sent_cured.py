"""The workers are given the Queue when they start."""

from multiprocessing import Pool, Queue


def keep(queue):
    global out
    out = queue


def work(number):
    out.put(number * 2)


if __name__ == "__main__":
    results = Queue()
    with Pool(2, keep, (results,)) as pool:
        for number in range(3):
            pool.apply_async(work, (number,))
        print(sum(results.get() for _ in range(3)))
