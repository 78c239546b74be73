"""Two processes take a list out of a manager's dict, append to it, and write it back: one of the two is lost.

Wanted: updates of found['rows'] lost, with the lines of the read and the write.
"""

from multiprocessing import Barrier, Manager, Process


def work(found, both, number):
    for step in range(20):
        rows = found["rows"]  # reads
        both.wait()
        rows.append((number, step))
        found["rows"] = rows  # writes
        both.wait()


if __name__ == "__main__":
    with Manager() as manager:
        found, both = manager.dict(rows=[("main", step) for step in range(20)]), Barrier(2)
        workers = [Process(target=work, args=(found, both, number)) for number in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
