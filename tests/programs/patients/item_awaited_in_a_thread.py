"""A child's asyncio loop awaits an item, which a thread of it takes from a queue; the producer has failed.

Wanted: child waits at its line for an item of `orders`, and nobody is left who could put one: producer ended at its
line by KeyError.
"""

import asyncio
from multiprocessing import Process, Queue


def produce(orders):
    orders.put({}["first"])  # raises


def take(orders):
    return orders.get()  # waits


async def serve(orders):
    print(await asyncio.get_running_loop().run_in_executor(None, take, orders))


def child(orders):
    asyncio.run(serve(orders))


if __name__ == "__main__":
    orders = Queue()  # made
    Process(target=produce, args=(orders,), name="producer").start()
    taker = Process(target=child, args=(orders,), name="child")
    taker.start()
    taker.join()
