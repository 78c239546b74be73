"""A client waits for what its server says first, over TCP, and the server waits for a command of the client."""

import socket
from multiprocessing import Process


def talk(port):
    with socket.create_connection(("127.0.0.1", port)) as server:
        print(server.recv(100))
        server.sendall(b"HELO")


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as door:
        process = Process(target=talk, args=(door.getsockname()[1],), name="client")
        process.start()
        client, _ = door.accept()
    print(client.recv(100))
    process.join()
