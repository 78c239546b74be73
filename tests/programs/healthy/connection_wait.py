"""Main waits for several connections and sentinels at once."""

import time
from multiprocessing import Pipe, Process
from multiprocessing.connection import wait


def send(connection, seconds):
    time.sleep(seconds)
    connection.send(seconds)
    connection.close()


if __name__ == "__main__":
    readers, children = [], []
    for seconds in (0.5, 1.5):
        reading, writing = Pipe(duplex=False)
        children.append(Process(target=send, args=(writing, seconds)))
        children[-1].start()
        writing.close()
        readers.append(reading)
    while readers:
        for reader in wait(readers):
            try:
                print(reader.recv())
            except EOFError:
                readers.remove(reader)
    while children:
        for sentinel in wait([child.sentinel for child in children]):
            children = [child for child in children if child.sentinel != sentinel]
