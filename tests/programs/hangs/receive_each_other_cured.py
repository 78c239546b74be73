"""Main sends the first word."""

from multiprocessing import Pipe, Process


def answer(theirs):
    print(theirs.recv())
    theirs.send("you are welcome")


if __name__ == "__main__":
    mine, theirs = Pipe()
    other = Process(target=answer, name="other", args=(theirs,))
    other.start()
    mine.send("thank you")
    print(mine.recv())
    other.join()
