"""A child sleeps in an event loop."""

import asyncio
from multiprocessing import Process, Queue


async def work(results):
    await asyncio.gather(asyncio.sleep(1.5), asyncio.to_thread(print, "thread"))
    results.put("done")


def run(results):
    asyncio.run(work(results))


if __name__ == "__main__":
    results = Queue()
    child = Process(target=run, args=(results,))
    child.start()
    print(results.get())
    child.join()
