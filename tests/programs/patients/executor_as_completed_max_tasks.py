"""as_completed() of futures, with max_tasks_per_child=3: the only worker ends after three (Python 3.11).

Wanted: `executor` has no worker left: the last ended after max_tasks_per_child=3, and no new one came; 4 of 7 tasks
wait.
"""

from concurrent.futures import ProcessPoolExecutor, as_completed


def name(number):
    return str(number)


if __name__ == "__main__":
    executor = ProcessPoolExecutor(1, max_tasks_per_child=3)  # made
    for future in as_completed([executor.submit(name, number) for number in range(7)]):
        print(future.result())
