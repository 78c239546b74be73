"""Both ends of a pipe send more than it holds before they receive.

Wanted: one finding, of both: each waits to send, and neither receives.
"""

from multiprocessing import Pipe, Process


def exchange(connection):
    connection.send(list(range(200_000)))  # sends
    print(sum(connection.recv()))


if __name__ == "__main__":
    mine, theirs = Pipe()  # made
    partner = Process(target=exchange, args=(theirs,), name="partner")
    partner.start()
    mine.send(list(range(200_000)))  # sends
    print(sum(mine.recv()))
    partner.join()
