"""Two workers take an empty queue for its end, and leave before main has put anything."""

from multiprocessing import Event, Process, Queue


def work(tasks, looked):
    while not tasks.empty():  # looks
        print(tasks.get())
    looked.set()


if __name__ == "__main__":
    tasks = Queue()  # made
    signs = [Event(), Event()]
    workers = [Process(target=work, args=(tasks, sign), name=f"worker-{n}") for n, sign in enumerate(signs)]
    for worker, sign in zip(workers, signs, strict=True):
        worker.start()
        sign.wait()
    for number in range(20):
        tasks.put(number)
    for worker in workers:
        worker.join()
