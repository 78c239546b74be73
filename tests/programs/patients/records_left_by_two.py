"""Two daemons share the records that main puts into a SimpleQueue, and main ends when each has taken its first."""

import time
from multiprocessing import Array, Event, Process, SimpleQueue


def write(records, taken, number, never):
    while True:
        records.get()
        taken[number] = 1
        never.wait()


if __name__ == "__main__":
    records = SimpleQueue()  # made
    taken, never = Array("i", 2), Event()
    for number in range(2):
        Process(target=write, args=(records, taken, number, never), name=f"writer-{number}", daemon=True).start()
    for number in range(12):
        records.put(f"record {number}")
    while not (taken[0] and taken[1]):
        time.sleep(0.01)
