"""Two processes take a list out of a manager's dict, append to it, and write it back, under one lock."""

from multiprocessing import Lock, Manager, Process


def work(found, lock, number):
    for step in range(20):
        with lock:
            rows = found["rows"]
            rows.append((number, step))
            found["rows"] = rows


if __name__ == "__main__":
    with Manager() as manager:
        found, lock = manager.dict(rows=[("main", step) for step in range(20)]), Lock()
        workers = [Process(target=work, args=(found, lock, number)) for number in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        print(len(found["rows"]))
