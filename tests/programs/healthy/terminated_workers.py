"""Main sleeps, then ends workers that wait for ever."""

import time
from multiprocessing import Pipe, Process, Queue


def get(items):
    items.get()


def receive(connection, other_end):
    connection.recv()


if __name__ == "__main__":
    items = Queue()
    mine, theirs = Pipe(duplex=False)
    children = [Process(target=get, args=(items,)), Process(target=receive, args=(mine, theirs))]
    for child in children:
        child.start()
    mine.close()
    theirs.close()
    time.sleep(1.5)
    for child in children:
        child.terminate()
        child.join()
