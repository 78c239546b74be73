"""A process that waits in get() is told to end by an item."""

from multiprocessing import Process, Queue


def read(work):
    print(work.get())


if __name__ == "__main__":
    work = Queue()
    readers = [Process(target=read, args=(work,), name=name) for name in ("first", "second")]
    for reader in readers:
        reader.start()
    for item in (None, "hello"):
        work.put(item)
    for reader in readers:
        reader.join()
