"""map() of an executor with max_tasks_per_child=2 and two workers: they end, and no new ones come (Python 3.11).

Wanted: `executor` has no worker left: the last ended after max_tasks_per_child=2, and no new one came; tasks wait.
"""

from concurrent.futures import ProcessPoolExecutor


def triple(number):
    return 3 * number


if __name__ == "__main__":
    with ProcessPoolExecutor(2, max_tasks_per_child=2) as executor:  # made
        print(list(executor.map(triple, range(10))))
