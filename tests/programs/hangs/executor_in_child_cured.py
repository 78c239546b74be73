"""The executor is used in the child alone: it begins to work where it is first used."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def square(number):
    return number * number


def use(executor):
    print(executor.submit(square, 3).result())
    executor.shutdown()


if __name__ == "__main__":
    context = get_context("fork")
    executor = ProcessPoolExecutor(1, mp_context=context)
    user = context.Process(target=use, args=(executor,), name="user")
    user.start()
    user.join()
