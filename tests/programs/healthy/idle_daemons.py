"""Daemons wait for more work, and end with main."""

import time
from multiprocessing import JoinableQueue, Pipe, Process


def consume(work):
    while True:
        work.get()
        time.sleep(0.3)
        work.task_done()


def listen(connection):
    connection.recv()


if __name__ == "__main__":
    work = JoinableQueue()
    mine, theirs = Pipe(duplex=False)
    for target, argument in ((consume, work), (consume, work), (listen, mine)):
        Process(target=target, args=(argument,), daemon=True).start()
    for number in range(4):
        work.put(number)
    work.join()
    time.sleep(1.5)
    print("main is done")
