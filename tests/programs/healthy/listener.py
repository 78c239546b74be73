"""A Listener and a Client that comes late. An argument: by how many seconds."""

import sys
import time
from multiprocessing import Process, Queue
from multiprocessing.connection import Client, Listener


def serve(address):
    with Listener(("127.0.0.1", 0)) as listener:
        address.put(listener.address)
        with listener.accept() as connection:
            print(connection.recv())


if __name__ == "__main__":
    address = Queue()
    server = Process(target=serve, args=(address,))
    server.start()
    where = address.get()
    time.sleep(float(sys.argv[1]) if len(sys.argv) > 1 else 1)
    with Client(where) as connection:
        time.sleep(1)
        connection.send("hello")
    server.join()
