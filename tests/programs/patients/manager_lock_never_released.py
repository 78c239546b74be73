"""A worker returns early, with a slot of a manager's semaphore that it has acquired; the next one waits for it.

Wanted: `later` waits at its line for `slots`, which `early` acquired at its line, and held when it ended.
"""

from multiprocessing import Manager, Process


def upload(slots, files):
    slots.acquire()  # acquired
    if not files:
        return
    for file in files:
        print("uploads", file)
    slots.release()


def upload_later(slots):
    with slots:  # waits
        print("uploads the rest")


if __name__ == "__main__":
    with Manager() as manager:
        slots = manager.BoundedSemaphore(1)  # made
        early = Process(target=upload, args=(slots, []), name="early")
        early.start()
        early.join()
        later = Process(target=upload_later, args=(slots,), name="later")
        later.start()
        later.join()
