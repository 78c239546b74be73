"""Asks the network for something, or not quite: its command line says what."""

import ctypes
import os
import socket
import struct
import sys
from multiprocessing import Process


def send_in_c() -> None:
    libc = ctypes.CDLL(None)
    descriptor = libc.socket(socket.AF_INET, socket.SOCK_DGRAM, 0)
    address = struct.pack("=HH4s8x", socket.AF_INET, socket.htons(9), socket.inet_aton("192.0.2.1"))
    assert libc.sendto(descriptor, b"words", 5, 0, address, len(address)) < 0
    os.close(descriptor)


WAYS = {
    "nobody": lambda: socket.getaddrinfo(None, 80, flags=socket.AI_PASSIVE),
    "numbers": lambda: [socket.getaddrinfo(name, 80) for name in ("127.0.0.1", "::1")],
    "this machine": lambda: socket.getaddrinfo("localhost", 80),
    "listen": lambda: socket.create_server(("127.0.0.1", 0)).close(),
    "a name": lambda: socket.getaddrinfo("procsim.invalid", 80),
    "in c": send_in_c,
}

if __name__ == "__main__":
    process = Process(target=WAYS[sys.argv[1]], name="asker")
    process.start()
    process.join()
    sys.exit(process.exitcode)
