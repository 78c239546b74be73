"""Healthy: main waits for ever, by itself or in a loop of asyncio, so that the processes that serve live on."""

import asyncio
import socket
import sys
import threading
from multiprocessing import Process


def serve(door):
    while True:
        client, _ = door.accept()
        client.close()


async def for_ever():
    await asyncio.Event().wait()


if __name__ == "__main__":
    door = socket.create_server(("127.0.0.1", 0))
    for _ in range(2):
        Process(target=serve, args=(door,), daemon=True).start()
    if "asyncio" in sys.argv:
        asyncio.run(for_ever())
    threading.Event().wait()
