"""A daemon writes what main puts, and main ends long before it has written all."""

import time
from multiprocessing import Event, Process, Queue, Value


def write(lines, begun, never):
    while True:
        lines.get()
        begun.value = 1
        never.wait()


if __name__ == "__main__":
    lines = Queue()  # made
    begun, never = Value("i", 0), Event()
    Process(target=write, args=(lines, begun, never), name="writer", daemon=True).start()
    for number in range(20):
        lines.put(number)
    while not begun.value:
        time.sleep(0.01)
