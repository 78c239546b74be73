"""A Pool is given tasks in a forked child, where they are never begun: its threads do not exist there."""

from multiprocessing import get_context


def save(name):
    print(name)


def use(pool):
    pool.apply_async(save, ("a.txt",))  # submits


if __name__ == "__main__":
    context = get_context("fork")
    with context.Pool(1) as pool:  # made
        user = context.Process(target=use, args=(pool,), name="user")
        user.start()
        user.join()
        pool.close()
        pool.join()
