"""The child makes a Pool of its own."""

from multiprocessing import get_context


def save(name):
    print(name)


def use():
    with get_context("fork").Pool(1) as pool:
        pool.apply_async(save, ("a.txt",)).get()


if __name__ == "__main__":
    user = get_context("fork").Process(target=use, name="user")
    user.start()
    user.join()
