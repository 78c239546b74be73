"""Main receives first."""

from multiprocessing import Pipe, Process


def talk(connection):
    connection.send("x" * 1_000_000)
    print(len(connection.recv()))


if __name__ == "__main__":
    mine, theirs = Pipe()
    other = Process(target=talk, name="other", args=(theirs,))
    other.start()
    print(len(mine.recv()))
    mine.send("y" * 1_000_000)
    other.join()
