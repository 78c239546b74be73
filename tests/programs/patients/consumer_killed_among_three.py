"""One of three consumers is ended by kill() while it waits in get(): the two others never take anything again.

Wanted: the other consumers wait for the lock by which `tasks` is read; consumer-0 had it in get() when main ended it
by kill() at its line; the tasks are still in it; put a last item instead.
"""

import time
from multiprocessing import JoinableQueue, Process


def consume(tasks):
    while True:
        tasks.get()  # reads
        tasks.task_done()


if __name__ == "__main__":
    tasks = JoinableQueue()  # made
    consumers = [Process(target=consume, args=(tasks,), name=f"consumer-{n}", daemon=True) for n in range(3)]
    consumers[0].start()
    while not tasks._rlock._semlock._is_zero():
        time.sleep(0.01)
    for consumer in consumers[1:]:
        consumer.start()
    consumers[0].kill()  # kills
    consumers[0].join()
    for number in range(4):
        tasks.put(number)
    tasks.join()  # waits
    print("all done")
