"""The initializer returns."""

from multiprocessing import Pipe, Pool


def connect(connected):
    connected.send("one more")


def fetch(number):
    return number


if __name__ == "__main__":
    received, sent = Pipe(duplex=False)
    with Pool(2, connect, (sent,)) as pool:
        print(pool.map(fetch, range(10)))
        for _ in range(2):
            received.recv()
