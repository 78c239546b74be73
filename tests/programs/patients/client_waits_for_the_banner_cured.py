"""The server says something first, after it has thought for a while."""

import socket
import time
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
    time.sleep(1.5)
    client.sendall(b"220 ready")
    print(client.recv(100))
    process.join()
