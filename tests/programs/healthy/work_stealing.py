"""Each worker has a queue; who has nothing left takes from the others' queues, until all is done."""

import time
from multiprocessing import Process, Queue, Value
from queue import Empty

TASKS = 30


def work(number, queues, left, results):
    in_turn = queues[number:] + queues[:number]
    while left.value:
        for each in in_turn:
            try:
                task = each.get_nowait()
            except Empty:
                continue
            results.put(task * task)
            with left.get_lock():
                left.value -= 1
            break
        else:
            time.sleep(0.002)


if __name__ == "__main__":
    queues, left, results = [Queue() for _ in range(3)], Value("i", TASKS), Queue()
    for task in range(TASKS):
        queues[0 if task < 20 else 1].put(task)
    workers = [Process(target=work, args=(number, queues, left, results)) for number in range(3)]
    for worker in workers:
        worker.start()
    print(sum(results.get() for _ in range(TASKS)))
    for worker in workers:
        worker.join()
