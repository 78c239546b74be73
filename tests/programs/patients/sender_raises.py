"""A child fails before it sends its result through a pipe, whose sending end main has open, too.

Wanted: main waits for a message on `incoming`, and counter, which alone could send one, ended at its line by
FileNotFoundError; send what went wrong in any case; close the end that is not used, so that recv() raises EOFError.
"""

from multiprocessing import Pipe, Process


def count(outgoing, path):
    with open(path) as file:  # raises
        outgoing.send(len(file.read()))


if __name__ == "__main__":
    incoming, outgoing = Pipe(duplex=False)  # made
    counter = Process(target=count, args=(outgoing, "/no/such/file"), name="counter")
    counter.start()
    print(incoming.recv())  # waits
    counter.join()
