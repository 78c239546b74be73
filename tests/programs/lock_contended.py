"""Three processes take turns with one lock, which main holds until each of them has found it taken."""

from multiprocessing import Lock, Process, SimpleQueue


def work(mutex, ready):
    assert not mutex.acquire(timeout=0.01)  # try
    ready.put(None)
    for _ in range(20):
        with mutex:  # with
            pass


if __name__ == "__main__":
    mutex, ready = Lock(), SimpleQueue()
    workers = [Process(target=work, name=f"worker-{number}", args=(mutex, ready)) for number in range(3)]
    with mutex:
        for worker in workers:
            worker.start()
        for _ in workers:
            ready.get()
    for worker in workers:
        worker.join()
