"""Healthy: two workers do something every half second, until they are told to stop; main joins them till Ctrl-C."""

from multiprocessing import Event, Process


def work(stop):
    while not stop.wait(0.5):
        sum(range(10_000))


if __name__ == "__main__":
    stop = Event()
    workers = [Process(target=work, args=(stop,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            worker.join()
    except KeyboardInterrupt:
        stop.set()
