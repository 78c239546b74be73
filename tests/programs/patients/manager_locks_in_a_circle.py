"""Two tasks of a pool take two locks of a manager, which they find by name, in opposite order.

Wanted: one worker holds a lock, acquired at its line, and waits for the other one at its line; the other worker the
other way round.
"""

from multiprocessing import Manager, Pool


def migrate(job):
    locks, first, second, both = job
    with locks[first]:  # acquired
        both.wait()
        with locks[second]:  # waits
            return f"{first}, {second}"


def main():
    with Manager() as manager:
        locks = {name: manager.Lock() for name in ("users", "orders")}  # made
        both = manager.Barrier(2)
        jobs = [(locks, "users", "orders", both), (locks, "orders", "users", both)]
        with Pool(processes=2) as pool:
            for done in pool.imap_unordered(migrate, jobs):
                print(done)


if __name__ == "__main__":
    main()
