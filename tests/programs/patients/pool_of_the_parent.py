"""A subclass of Process uses a pool that main keeps in a global variable: a forked child lacks its threads.

Wanted: user waits at its line for a result of `pool`, which main made: its threads do not exist in a forked child.
"""

from multiprocessing import Pool, get_context

fork = get_context("fork")
pool = None


class User(fork.Process):
    def run(self):
        print(pool.apply_async(abs, (-2,)).get())  # waits


if __name__ == "__main__":
    pool = Pool(2)
    user = User(name="user")
    user.start()
    user.join()
    pool.terminate()
