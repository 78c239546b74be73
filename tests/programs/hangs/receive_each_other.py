"""Each of the two waits for the other's first word."""

from multiprocessing import Pipe, Process


def answer(theirs):
    print(theirs.recv())
    theirs.send("you are welcome")


if __name__ == "__main__":
    mine, theirs = Pipe()  # made
    other = Process(target=answer, name="other", args=(theirs,))
    other.start()
    print(mine.recv())
    mine.send("thank you")
    other.join()
