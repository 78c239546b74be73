"""A forked child submits to the executor of main, of which it has no threads, and waits for the result.

Wanted: child waits at its line for a result of `executor`, which main made: its threads do not exist in a forked
child.
"""

from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing import get_context

fork = get_context("fork")


def ask(executor):
    wait([executor.submit(abs, -3)])  # waits


if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=fork) as executor:
        executor.submit(abs, -1).result()
        child = fork.Process(target=ask, args=(executor,), name="child")
        child.start()
        child.join()
