"""One process writes the log of all: the others send it their records by a QueueHandler."""

import logging
import logging.handlers
from multiprocessing import Process, Queue
from tempfile import TemporaryDirectory


def write(records, path):
    handler = logging.FileHandler(path)
    while (record := records.get()) is not None:
        handler.handle(record)
    handler.close()


def work(number, records):
    logger = logging.getLogger("work")
    logger.addHandler(logging.handlers.QueueHandler(records))
    for step in range(3):
        logger.warning("worker %d step %d", number, step)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        records, path = Queue(), f"{folder}/all.log"
        writer = Process(target=write, args=(records, path))
        writer.start()
        workers = [Process(target=work, args=(number, records)) for number in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        records.put(None)
        writer.join()
        with open(path) as log:
            print(*sorted(log), sep="", end="")
