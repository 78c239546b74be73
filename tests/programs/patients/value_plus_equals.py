"""Three add to a Value with +=, which reads and writes in two steps: updates are lost.

Wanted: updates of counter lost: one read 5 and wrote 6, another had read 5 before that and wrote 6 over it, at its
line; `with counter.get_lock():` round both.
"""

from multiprocessing import Process, Value


def count(counter):
    for _ in range(10_000):
        counter.value += 1  # adds


if __name__ == "__main__":
    counter = Value("i", 0)
    people = [Process(target=count, args=(counter,)) for _ in range(3)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    print("counted", counter.value)
