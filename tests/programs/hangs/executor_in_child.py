"""An executor that works already is used in a forked child, in which its thread does not exist."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def square(number):
    return number * number


def use(executor):
    print(executor.submit(square, 3).result())  # waits


if __name__ == "__main__":
    context = get_context("fork")
    executor = ProcessPoolExecutor(1, mp_context=context)  # made
    print(executor.submit(square, 2).result())
    user = context.Process(target=use, args=(executor,), name="user")
    user.start()
    user.join()
    executor.shutdown()
