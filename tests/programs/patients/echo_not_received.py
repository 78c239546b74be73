"""Main sends all before it receives anything, and the process that sends it back cannot: nobody receives that."""

import socket
from multiprocessing import Process

LENGTH = 50_000_000


def echo(connection):
    while data := connection.recv(65536):
        connection.sendall(data)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as door:
        near = socket.create_connection(door.getsockname())
        far, _ = door.accept()
    process = Process(target=echo, args=(far,), name="echo")
    process.start()
    far.close()
    near.sendall(bytes(LENGTH))
    near.shutdown(socket.SHUT_WR)
    while near.recv(65536):
        pass
    process.join()
