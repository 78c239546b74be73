"""The two ends of a pair of sockets: each process waits for the other one to say something."""

import socket
from multiprocessing import Process


def answer(far):
    print(far.recv(10))
    far.sendall(b"pong")


if __name__ == "__main__":
    near, far = socket.socketpair()
    process = Process(target=answer, args=(far,), name="peer")
    process.start()
    far.close()
    print(near.recv(10))
    near.sendall(b"ping")
    process.join()
