"""A done-callback of a Future submits the next step to the same executor, and asks for its result.

Wanted: MainProcess waits in the callback for a result of `executor`, in the thread that would hand it out; do not wait
there.
"""

from concurrent.futures import ProcessPoolExecutor, wait


def clean(text):
    return text.strip()


def count(text):
    return len(text.split())


def counted(executor, sizes):
    def then(future):
        sizes.append(executor.submit(count, future.result()).result())  # waits

    return then


if __name__ == "__main__":
    sizes = []
    with ProcessPoolExecutor(2) as executor:  # made
        first = executor.submit(clean, "  one two  ")
        first.add_done_callback(counted(executor, sizes))
        wait([first])
    print(sizes)
