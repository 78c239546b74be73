"""The worker ends after its two tasks, and Python starts no other one (gh-115634): the other results never come."""

from concurrent.futures import ProcessPoolExecutor


def double(number):
    return 2 * number


if __name__ == "__main__":
    with ProcessPoolExecutor(1, max_tasks_per_child=2) as executor:  # made
        futures = [executor.submit(double, number) for number in range(8)]
        print([future.result() for future in futures])
