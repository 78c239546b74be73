"""main uses the Pool, and gives the child what has come of it."""

from multiprocessing import get_context


def square(number):
    return number * number


def use(squares):
    print(squares)


if __name__ == "__main__":
    context = get_context("fork")
    pool = context.Pool(2)
    user = context.Process(target=use, args=(pool.map(square, range(4)),), name="user")
    user.start()
    user.join()
    pool.close()
    pool.join()
