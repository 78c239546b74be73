"""Main holds the sending end itself, so that the end never comes."""

from multiprocessing import Pipe, Process


def send(outgoing):
    outgoing.send("the only one")


if __name__ == "__main__":
    incoming, outgoing = Pipe(duplex=False)  # made
    sender = Process(target=send, name="sender", args=(outgoing,))
    sender.start()
    sender.join()
    try:
        while True:
            print(incoming.recv())  # waits
    except EOFError:
        print("that was all")
