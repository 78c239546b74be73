"""A Queue cannot be pickled into a task: the error stands in results that nobody asks for, and main waits for items."""

from multiprocessing import Pool, Queue


def work(out, number):
    out.put(number * 2)


if __name__ == "__main__":
    out = Queue()
    with Pool(2) as pool:  # made
        for number in range(3):
            pool.apply_async(work, (out, number))
        print(sum(out.get() for _ in range(3)))  # waits
