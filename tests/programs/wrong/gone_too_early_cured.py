"""What the processes are given is kept until they are joined. One that raises by itself is looked at."""

import os
from multiprocessing import Lock, Process, Queue


def work(lock, results):
    with lock:
        results.put(1)


def seek():
    os.stat("/there is no such file")


def main():
    lock, results = Lock(), Queue()
    people = [Process(target=work, args=(lock, results)) for _ in range(2)]
    for person in people:
        person.start()
    print([results.get() for _ in people])
    for person in people:
        person.join()
    seeker = Process(target=seek)
    seeker.start()
    seeker.join()
    print(seeker.exitcode)


if __name__ == "__main__":
    main()
