"""Healthy: main takes with a time limit; what it takes, a thread of its own puts when it comes from the network."""

import contextlib
import queue
import socket
import threading
from multiprocessing import Process, Queue

near, far = socket.socketpair()  # whoever is at the far end may send at any time


def greet(items):
    items.put("ready")


def receive(items):
    while data := near.recv(100):
        items.put(data)


if __name__ == "__main__":
    items = Queue()
    greeter = Process(target=greet, args=(items,))
    greeter.start()
    greeter.join()
    threading.Thread(target=receive, args=(items,), daemon=True).start()
    while True:
        with contextlib.suppress(queue.Empty):
            print(items.get(timeout=0.4))
