"""Both ends of a pipe send more than it holds; main does it in a thread, and receives meanwhile."""

import threading
from multiprocessing import Pipe, Process


def exchange(connection):
    connection.send(list(range(100_000)))
    print(len(connection.recv()))


if __name__ == "__main__":
    mine, theirs = Pipe()
    partner = Process(target=exchange, args=(theirs,))
    partner.start()
    sender = threading.Thread(target=mine.send, args=(list(range(100_000)),))
    sender.start()
    print(len(mine.recv()))
    sender.join()
    partner.join()
