"""Main closes the end that it does not use."""

from multiprocessing import Pipe, Process


def send(outgoing):
    outgoing.send("the only one")


if __name__ == "__main__":
    incoming, outgoing = Pipe(duplex=False)
    sender = Process(target=send, name="sender", args=(outgoing,))
    sender.start()
    outgoing.close()
    sender.join()
    try:
        while True:
            print(incoming.recv())
    except EOFError:
        print("that was all")
