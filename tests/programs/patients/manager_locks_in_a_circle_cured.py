"""Cured: both tasks take the locks in the same order."""

from multiprocessing import Manager, Pool


def migrate(job):
    locks, first, second = job
    with locks[first], locks[second]:
        return f"{first}, {second}"


def main():
    with Manager() as manager:
        locks = {name: manager.Lock() for name in ("users", "orders")}
        jobs = [(locks, "users", "orders")] * 2
        with Pool(processes=2) as pool:
            for done in pool.imap_unordered(migrate, jobs):
                print(done)


if __name__ == "__main__":
    main()
