"""Two calls of a pool, which an asyncio loop awaits, acquire two locks in opposite orders.

Wanted: a worker waits at its line for a lock that the other holds, and that one waits for its own: a deadlock.
"""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Barrier, Lock


def begin(*given):
    global stock, orders, both
    stock, orders, both = given


def move(from_stock):
    one, other = (stock, orders) if from_stock else (orders, stock)
    with one:
        both.wait()
        with other:  # waits
            return from_stock


async def main(executor):
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.run_in_executor(executor, move, way) for way in (True, False)))


if __name__ == "__main__":
    stock, orders, both = Lock(), Lock(), Barrier(2)
    with ProcessPoolExecutor(2, initializer=begin, initargs=(stock, orders, both)) as executor:
        asyncio.run(main(executor))
