"""A Pool is used in a forked child, in which the threads by which it works do not exist."""

from multiprocessing import get_context


def square(number):
    return number * number


def use(pool):
    print(pool.map(square, range(4)))  # waits


if __name__ == "__main__":
    context = get_context("fork")
    pool = context.Pool(2)  # made
    user = context.Process(target=use, args=(pool,), name="user")
    user.start()
    user.join()
    pool.close()
    pool.join()
