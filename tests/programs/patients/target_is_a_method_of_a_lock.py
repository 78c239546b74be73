"""What a process runs is the method of a lock itself, which main holds while it joins that process.

Wanted: second waits for lock, which main holds while it waits for second to end.
"""

from multiprocessing import Process, RLock

if __name__ == "__main__":
    lock = RLock()  # made
    lock.acquire()  # acquired
    second = Process(target=lock.acquire, name="second")
    second.start()
    second.join()  # joins
