"""Two downloads fail between acquire() and release() of a semaphore for two.

Wanted: one finding: who waits for slots, and how both ended that held them.
"""

from multiprocessing import Process, Semaphore


def download(slots, number, sizes):
    slots.acquire()  # waits
    print(sizes[number])  # raises
    slots.release()


if __name__ == "__main__":
    slots = Semaphore(2)  # made
    for number in range(3):
        downloader = Process(target=download, args=(slots, number, {}), name=f"downloader-{number}")
        downloader.start()
        downloader.join()
