"""A producer runs ahead; main stops it when it has enough, and nobody waits for what is not taken."""

from multiprocessing import Event, Pool, Process, Queue
from queue import Full


def produce(items, stop):
    number = 0
    while not stop.is_set():
        try:
            items.put(number, timeout=0.05)
            number += 1
        except Full:
            pass
    items.cancel_join_thread()


if __name__ == "__main__":
    items, stop = Queue(4), Event()
    producer = Process(target=produce, args=(items, stop))
    producer.start()
    print([items.get() for _ in range(10)])
    stop.set()
    producer.join()
    with Pool(2) as pool:
        print(next(pool.imap(abs, range(-100, 0))))
