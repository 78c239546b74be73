"""Both send more than the pipe holds before either receives."""

from multiprocessing import Pipe, Process


def talk(connection):
    connection.send("x" * 1_000_000)
    print(len(connection.recv()))


if __name__ == "__main__":
    mine, theirs = Pipe()  # made
    other = Process(target=talk, name="other", args=(theirs,))
    other.start()
    mine.send("y" * 1_000_000)  # waits
    print(len(mine.recv()))
    other.join()
