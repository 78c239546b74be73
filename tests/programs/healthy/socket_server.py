"""A child accepts a connection that a sleeping child makes."""

import socket
import time
from multiprocessing import Process, Queue


def serve(port):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port.put(server.getsockname()[1])
        connection, _ = server.accept()
        with connection:
            print(connection.recv(10))


def call(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        time.sleep(1)
        connection.sendall(b"hello")


if __name__ == "__main__":
    port = Queue()
    server = Process(target=serve, args=(port,))
    server.start()
    number = port.get()
    time.sleep(0.8)
    client = Process(target=call, args=(number,))
    client.start()
    server.join()
    client.join()
