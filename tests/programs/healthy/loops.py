"""Loops of asyncio that wait for what comes in a while: from a thread, a program, a client, another process, a call."""

import asyncio
import socket
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Event, Pipe, Process

SECONDS = 1.5


def begin(event):
    global go
    go = event


def work(number):
    go.wait()
    return number


def send(connection):
    time.sleep(SECONDS)
    connection.send("sent")


def knock(port):
    time.sleep(SECONDS)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"knock")


def set_later(event):
    time.sleep(SECONDS)
    event.set()


async def ask(executor, event):
    loop = asyncio.get_running_loop()
    threading.Thread(target=set_later, args=(event,)).start()
    print(await asyncio.gather(*(loop.run_in_executor(executor, work, number) for number in range(2))))
    program = await asyncio.create_subprocess_exec("sleep", str(SECONDS), stdout=asyncio.subprocess.PIPE)
    print(await program.stdout.read(), await program.wait())
    near, far = Pipe()
    sender = Process(target=send, args=(far,))
    sender.start()
    come = asyncio.Event()
    loop.add_reader(near.fileno(), come.set)
    await come.wait()
    loop.remove_reader(near.fileno())
    print(near.recv())
    sender.join()


async def serve():
    knocked = asyncio.get_running_loop().create_future()

    async def answer(reader, writer):
        knocked.set_result(await reader.read(5))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    client = Process(target=knock, args=server.sockets[0].getsockname()[1:])
    client.start()
    print(await knocked)
    server.close()
    client.join()


if __name__ == "__main__":
    go = Event()
    with ProcessPoolExecutor(2, initializer=begin, initargs=(go,)) as executor:
        asyncio.run(ask(executor, go))
    asyncio.run(serve())
