"""The Event is set before the loop awaits the calls."""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Event


def begin(event):
    global go
    go = event


def work(number):
    go.wait()  # waits
    return number


async def ask(executor):
    loop = asyncio.get_running_loop()
    print(await asyncio.gather(*(loop.run_in_executor(executor, work, number) for number in range(2))))


if __name__ == "__main__":
    go = Event()  # made
    with ProcessPoolExecutor(2, initializer=begin, initargs=(go,)) as executor:
        go.set()
        asyncio.run(ask(executor))
